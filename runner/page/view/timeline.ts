/**
 * The layout of the timeline: a row for each instance, or, in a large pool, the number of instances in each phase over time. Pure.
 *
 * Invariant: the number of shapes does not grow with the record. Rows share one path for each phase, and bars that would lie on one pixel are one bar.
 */
import type { InstancePhase, RecordedInstance } from '../../../core/record/job-record.js';
import { MARK_KINDS, type MarkKind, STACKED_PHASES } from './phases.js';
import type { TimeWindow } from './time-window.js';

/** More rows than this are lines of a pixel or two, which nobody can tell apart. */
export const MOST_ROWS = 200;
/** Columns of the stacked chart. A screen shows no more of them. */
const COLUMNS = 240;

export interface Drawn<Kind> {
  readonly kind: Kind;
  /** The data of an SVG path. */
  readonly path: string;
}

export interface RowLayout {
  readonly rowHeight: number;
  readonly barHeight: number;
  readonly height: number;
}

/** Few instances get rows with room for a name. */
export function rowLayout(rows: number): RowLayout {
  const rowHeight = rows <= 24 ? 20 : rows <= 60 ? 12 : rows <= 120 ? 7 : 5;
  return {
    rowHeight,
    barHeight: rowHeight <= 7 ? rowHeight - 1 : rowHeight - 4,
    height: Math.max(1, rows) * rowHeight,
  };
}

interface Scale {
  readonly window: TimeWindow;
  readonly width: number;
}

/** Half pixels are the finest that a screen shows well. */
const STEPS_PER_PIXEL = 2;
const LEAST_BAR = 1;

function xOf(at: number, { window: { fromMs, toMs }, width }: Scale): number {
  const x = ((at - fromMs) / (toMs - fromMs)) * width;
  return Math.round(Math.min(width, Math.max(0, x)) * STEPS_PER_PIXEL) / STEPS_PER_PIXEL;
}

const isInside = (fromMs: number, toMs: number, window: TimeWindow): boolean =>
  toMs >= window.fromMs && fromMs <= window.toMs;

/** Returns one path for each phase that occurs. The bars of all rows are in it. */
export function barsOf(
  instances: readonly RecordedInstance[],
  scale: Scale,
  { rowHeight, barHeight }: RowLayout,
): readonly Drawn<InstancePhase>[] {
  const paths = new Map<InstancePhase, string[]>();
  instances.forEach(({ phases }, row) => {
    const y = row * rowHeight + (rowHeight - barHeight) / 2;
    let drawnTo = -1;
    for (const { phase, fromAt, toAt } of phases) {
      const [fromMs, toMs] = [Date.parse(fromAt), Date.parse(toAt)];
      if (!isInside(fromMs, toMs, scale.window)) continue;
      const from = Math.max(drawnTo, xOf(fromMs, scale));
      const to = Math.max(xOf(toMs, scale), from === drawnTo ? from : from + LEAST_BAR);
      if (to <= from) continue;
      drawnTo = to;
      const path = paths.get(phase) ?? [];
      path.push(`M${from} ${y}H${to}v${barHeight}H${from}z`);
      paths.set(phase, path);
    }
  });
  return STACKED_PHASES.flatMap((kind) => {
    const path = paths.get(kind);
    return path === undefined ? [] : [{ kind, path: path.join('') }];
  });
}

/** The whole life of each instance, as a thin line: also that part of it of which no phase is known. */
export function livesOf(
  instances: readonly RecordedInstance[],
  scale: Scale,
  { rowHeight }: RowLayout,
  nowMs: number,
): string {
  return instances
    .flatMap(({ launchedAt, startedAt, endedAt, phases }, row) => {
      const begin = launchedAt ?? startedAt ?? phases[0]?.fromAt;
      if (begin === undefined) return [];
      const [fromMs, toMs] = [Date.parse(begin), endedAt === undefined ? nowMs : Date.parse(endedAt)];
      if (!isInside(fromMs, toMs, scale.window)) return [];
      const y = row * rowHeight + rowHeight / 2;
      return [`M${xOf(fromMs, scale)} ${y}H${xOf(toMs, scale)}`];
    })
    .join('');
}

/** A hand-back follows its notice at once. In a row with room for both, one is drawn above the other. */
const BESIDE: Partial<Readonly<Record<MarkKind, number>>> = { notice: -5, 'hand-back': 4 };
const ROOMY_ROW = 20;

/** The shapes differ, so that colour alone tells nothing. */
const GLYPHS: Readonly<Record<MarkKind, (x: number, y: number, r: number) => string>> = {
  notice: (x, y, r) => `M${x - r} ${y - r}H${x + r}L${x} ${y + r}z`,
  reclaim: (x, y, r) => `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`,
  'hand-back': (x, y, r) => `M${x} ${y - r}L${x + r} ${y}L${x} ${y + r}L${x - r} ${y}z`,
  loss: (x, y, r) => `M${x - r} ${y - r}L${x + r} ${y + r}M${x + r} ${y - r}L${x - r} ${y + r}`,
};

export const glyph = (kind: MarkKind, x: number, y: number, r: number): string => GLYPHS[kind](x, y, r);

/** Returns one path for each kind of mark that occurs. Marks of a kind that would lie on each other are one. */
export function marksOf(
  instances: readonly RecordedInstance[],
  scale: Scale,
  { rowHeight, barHeight }: RowLayout,
): readonly Drawn<MarkKind>[] {
  const radius = Math.min(4, Math.max(2, barHeight / 2 - 2));
  const paths = new Map<MarkKind, Set<string>>();
  instances.forEach(({ marks }, row) => {
    for (const { kind, at } of marks) {
      const atMs = Date.parse(at);
      if (!isInside(atMs, atMs, scale.window)) continue;
      const drawn = paths.get(kind) ?? new Set<string>();
      const y = (row + 0.5) * rowHeight + (rowHeight >= ROOMY_ROW ? (BESIDE[kind] ?? 0) : 0);
      drawn.add(glyph(kind, Math.round(xOf(atMs, scale)), y, radius));
      paths.set(kind, drawn);
    }
  });
  return inOrderOfKinds(paths);
}

const inOrderOfKinds = (paths: ReadonlyMap<MarkKind, ReadonlySet<string>>): readonly Drawn<MarkKind>[] =>
  MARK_KINDS.flatMap((kind) => {
    const drawn = paths.get(kind);
    return drawn === undefined ? [] : [{ kind, path: [...drawn].join('') }];
  });

export interface PhaseColumns {
  /** For each phase that occurs, the mean number of its instances in each column. */
  readonly phases: ReadonlyMap<InstancePhase, readonly number[]>;
  /** For each kind that occurs, the number of its marks in each column. */
  readonly marks: ReadonlyMap<MarkKind, readonly number[]>;
  readonly columns: number;
  /** The largest sum of a column. */
  readonly most: number;
}

export function phaseColumns(instances: readonly RecordedInstance[], { fromMs, toMs }: TimeWindow): PhaseColumns {
  const phases = new Map<InstancePhase, number[]>();
  const marks = new Map<MarkKind, number[]>();
  const columnMs = (toMs - fromMs) / COLUMNS;
  const columnOf = (atMs: number): number => Math.min(COLUMNS - 1, Math.max(0, Math.floor((atMs - fromMs) / columnMs)));
  for (const instance of instances) {
    for (const { phase, fromAt, toAt } of instance.phases) {
      const [from, to] = [Math.max(fromMs, Date.parse(fromAt)), Math.min(toMs, Date.parse(toAt))];
      if (to <= from) continue;
      const counts = countsOf(phases, phase);
      for (let column = columnOf(from); column <= columnOf(to); column += 1) {
        const [begin, end] = [fromMs + column * columnMs, fromMs + (column + 1) * columnMs];
        const share = (Math.min(end, to) - Math.max(begin, from)) / columnMs;
        counts[column] = (counts[column] ?? 0) + Math.max(0, share);
      }
    }
    for (const { kind, at } of instance.marks) {
      const atMs = Date.parse(at);
      if (!isInside(atMs, atMs, { fromMs, toMs })) continue;
      const counts = countsOf(marks, kind);
      counts[columnOf(atMs)] = (counts[columnOf(atMs)] ?? 0) + 1;
    }
  }
  const sums = Array.from({ length: COLUMNS }, (_, column) =>
    [...phases.values()].reduce((sum, counts) => sum + (counts[column] ?? 0), 0),
  );
  return { phases, marks, columns: COLUMNS, most: sums.reduce((most, sum) => Math.max(most, sum), 0) };
}

/** The height of the strip of one kind of marks, and of its highest bar. */
export const STRIP_HEIGHT = 12;
const STRIP_BAR = 9;

/** Returns a strip of bars for each kind of mark, one strip below the other from `top` on. The highest bar is the most marks of its kind in a column. */
export function markStrips(
  { marks, columns }: PhaseColumns,
  { width, top }: { readonly width: number; readonly top: number },
): readonly Drawn<MarkKind>[] {
  const kinds = MARK_KINDS.filter((kind) => marks.has(kind));
  const bar = Math.max(2, width / columns - 1);
  return kinds.map((kind, row) => {
    const counts = marks.get(kind) ?? [];
    const most = counts.reduce((highest, number) => Math.max(highest, number), 1);
    const bottom = top + (row + 1) * STRIP_HEIGHT;
    const path = counts.map((number, column) => {
      if (number === 0) return '';
      const height = Math.max(2, Math.round((number / most) * STRIP_BAR));
      return `M${((column / columns) * width).toFixed(1)} ${bottom}v${-height}h${bar.toFixed(1)}v${height}z`;
    });
    return { kind, path: path.join('') };
  });
}

function countsOf<Kind>(all: Map<Kind, number[]>, kind: Kind): number[] {
  const found = all.get(kind) ?? Array.from({ length: COLUMNS }, () => 0);
  all.set(kind, found);
  return found;
}

/** Returns the areas from the bottom to the top of the stack. */
export function stackedAreas(
  { phases, columns, most }: PhaseColumns,
  { width, height }: { readonly width: number; readonly height: number },
): readonly Drawn<InstancePhase>[] {
  const base = Array.from({ length: columns }, () => 0);
  const x = (column: number): string => ((column / columns) * width).toFixed(1);
  const y = (value: number): string => (height - (most === 0 ? 0 : value / most) * height).toFixed(1);
  return STACKED_PHASES.flatMap((kind) => {
    const counts = phases.get(kind);
    if (counts === undefined) return [];
    const under = base.map((value, column) => `L${x(column + 1)} ${y(value)}L${x(column)} ${y(value)}`);
    const over = counts.map((count, column) => {
      base[column] = (base[column] ?? 0) + count;
      return `L${x(column)} ${y(base[column])}L${x(column + 1)} ${y(base[column])}`;
    });
    return [{ kind, path: `M${over.join('').slice(1)}${under.toReversed().join('')}z` }];
  });
}
