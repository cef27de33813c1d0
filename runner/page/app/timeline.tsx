/**
 * The timeline of instances. Up to 200 of them have a row each; a larger pool is shown as the number of instances in each phase.
 * Whoever points at it, by mouse or by arrow keys, reads below it what is there.
 */
import type { VNode } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { JobRecord, RecordedInstance } from '../../../core/record/job-record.js';
import { count, plural } from '../../display/format.js';
import { instanceHead, instanceRow, instanceText, momentText } from '../view/instance-text.js';
import { type TimeWindow, ticks, tickStep, tickText } from '../view/time-window.js';
import {
  barsOf,
  livesOf,
  markStrips,
  marksOf,
  MOST_ROWS,
  phaseColumns,
  rowLayout,
  type RowLayout,
  stackedAreas,
  STRIP_HEIGHT,
} from '../view/timeline.js';
import { Legend, MarkColumns } from './legend.js';
import { gutterOf, RIGHT_EDGE, TableBehind, useWidth } from './parts.js';

const AXIS_HEIGHT = 22;
const STACK_HEIGHT = 220;
/** A narrower tick would run into the next one. */
const TICK_PIXELS = 84;
/** The keys move over the whole window in so many steps. */
const KEY_STEPS = 60;
/** A row that is lower has no room for a name. */
const NAMED_ROW_HEIGHT = 20;
/** A narrower gutter would cut most names. */
const NAMED_GUTTER = 80;

export interface SectionProps {
  readonly record: JobRecord;
  readonly window: TimeWindow;
}

/** Where the reader points: a share of the window, and a row where there are rows. */
interface Pointed {
  readonly share: number;
  readonly row: number;
}

export function Timeline({ record, window }: SectionProps): VNode {
  const { instances } = record.pool;
  const rowsOf = (): readonly (readonly string[])[] => instances.map((instance) => instanceRow(instance, window));
  return (
    <section id="timeline">
      <h2>
        Timeline <small>{plural(instances.length, 'instance')}</small>
      </h2>
      {instances.length === 0 ? (
        <p>No instance is known to have worked for this job.</p>
      ) : (
        <>
          {instances.length > MOST_ROWS ? (
            <Stack record={record} window={window} />
          ) : (
            <Rows record={record} window={window} />
          )}
          <TableBehind
            summary="Instances as a table"
            label="Instances"
            head={instanceHead}
            numbers={[6, 7, 8, 9]}
            rowsOf={rowsOf}
          />
        </>
      )}
    </section>
  );
}

function Rows({ record, window }: SectionProps): VNode {
  const { instances } = record.pool;
  const layout = rowLayout(instances.length);
  const nowMs = Date.parse(record.builtAt);
  return (
    <Plot
      window={window}
      height={layout.height}
      rows={instances.length}
      label={`Timeline of ${plural(instances.length, 'instance')}`}
      read={({ row, share }) => instanceText(instances[row], window, share)}
      legend={<Legend phases={phasesOf(instances)} marks={marksSeen(instances)} />}
      names={layout.rowHeight >= NAMED_ROW_HEIGHT ? instances.map(({ instanceType }) => instanceType) : []}
    >
      {(width) => <RowShapes instances={instances} window={window} width={width} layout={layout} nowMs={nowMs} />}
    </Plot>
  );
}

interface RowShapesProps {
  readonly instances: readonly RecordedInstance[];
  readonly window: TimeWindow;
  readonly width: number;
  readonly layout: RowLayout;
  readonly nowMs: number;
}

function RowShapes({ instances, window, width, layout, nowMs }: RowShapesProps): VNode {
  const scale = { window, width };
  const shapes = useMemo(
    () => ({
      lives: livesOf(instances, scale, layout, nowMs),
      bars: barsOf(instances, scale, layout),
      marks: marksOf(instances, scale, layout),
    }),
    [instances, width, window.fromMs, window.toMs],
  );
  return (
    <>
      <path class="life" d={shapes.lives} />
      {shapes.bars.map(({ kind, path }) => (
        <path key={kind} class={`phase phase-${kind}`} d={path} />
      ))}
      {shapes.marks.map(({ kind, path }) => (
        <path key={kind} class={`mark mark-${kind}`} d={path} />
      ))}
    </>
  );
}

function Stack({ record, window }: SectionProps): VNode {
  const { instances } = record.pool;
  const columns = useMemo(() => phaseColumns(instances, window), [instances, window.fromMs, window.toMs]);
  return (
    <>
      <Plot
        window={window}
        height={STACK_HEIGHT + columns.marks.size * STRIP_HEIGHT}
        rows={1}
        scale={{ most: columns.most, height: STACK_HEIGHT }}
        label={`Number of instances in each phase, of ${count(instances.length)}`}
        read={({ share }) => momentText(columns, window, share)}
        legend={<Legend phases={[...columns.phases.keys()]} marks={[...columns.marks.keys()]} />}
        names={[]}
      >
        {(width) => (
          <>
            {stackedAreas(columns, { width, height: STACK_HEIGHT }).map(({ kind, path }) => (
              <path key={kind} class={`phase phase-${kind}`} d={path} />
            ))}
            {markStrips(columns, { width, top: STACK_HEIGHT }).map(({ kind, path }) => (
              <path key={kind} class={`strip mark-${kind}`} d={path} />
            ))}
          </>
        )}
      </Plot>
      <MarkColumns columns={columns} />
    </>
  );
}

const phasesOf = (instances: readonly RecordedInstance[]): readonly RecordedInstance['phases'][number]['phase'][] => [
  ...new Set(instances.flatMap(({ phases }) => phases.map(({ phase }) => phase))),
];

const marksSeen = (instances: readonly RecordedInstance[]): readonly RecordedInstance['marks'][number]['kind'][] => [
  ...new Set(instances.flatMap(({ marks }) => marks.map(({ kind }) => kind))),
];

interface PlotProps {
  readonly window: TimeWindow;
  readonly height: number;
  readonly rows: number;
  /** The value at the top of the vertical axis, where there is one, and the height of that axis. */
  readonly scale?: { readonly most: number; readonly height: number };
  readonly label: string;
  readonly names: readonly string[];
  readonly legend: VNode;
  /** The text for what the reader points at. */
  readonly read: (pointed: Pointed) => string;
  readonly children: (width: number) => VNode;
}

const HINT = 'Point at the chart, or move over it with the arrow keys, to read what is there.';

function Plot({ window, height, rows, scale, label, names, legend, read, children }: PlotProps): VNode {
  const element = useRef<HTMLDivElement>(null);
  const whole = useWidth(element);
  const [pointed, setPointed] = useState<Pointed>();
  const gutter = gutterOf(whole);
  const width = Math.max(0, whole - gutter - RIGHT_EDGE);
  const rowHeight = height / rows;
  const point = (share: number, row: number): void =>
    setPointed({
      share: Math.min(1, Math.max(0, share)),
      row: Math.min(rows - 1, Math.max(0, row)),
    });
  const byPointer = ({ clientX, clientY }: PointerEvent): void => {
    const { left = 0, top = 0 } = element.current?.getBoundingClientRect() ?? {};
    point((clientX - left - gutter) / width, Math.floor((clientY - top) / rowHeight));
  };
  const byKey = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const [along = 0, down = 0] = step;
    const from = pointed ?? { share: 0.5, row: 0 };
    point(from.share + along / KEY_STEPS, from.row + down);
  };
  return (
    <>
      {legend}
      <div class="plot" ref={element}>
        <svg
          role="img"
          aria-label={label}
          tabindex={0}
          width={whole}
          height={height + AXIS_HEIGHT}
          onPointerMove={byPointer}
          onPointerDown={byPointer}
          onPointerLeave={() => setPointed(undefined)}
          onKeyDown={byKey}
        >
          {width > 0 ? (
            <g transform={`translate(${gutter} 0)`}>
              <TimeAxis window={window} width={width} height={height} />
              {scale === undefined ? null : <CountAxis {...scale} />}
              {children(width)}
              {(gutter < NAMED_GUTTER ? [] : names).map((name, row) => (
                <text class="name" x={-8} y={(row + 0.5) * rowHeight} text-anchor="end" dominant-baseline="central">
                  {shortName(name, gutter)}
                </text>
              ))}
              {pointed === undefined ? null : (
                <>
                  <line class="cursor" x1={pointed.share * width} x2={pointed.share * width} y2={height} />
                  {rows > 1 ? (
                    <rect class="pointed" width={width} y={pointed.row * rowHeight} height={rowHeight} />
                  ) : null}
                </>
              )}
            </g>
          ) : null}
        </svg>
      </div>
      <p class="readout" role="status">
        {pointed === undefined ? HINT : read(pointed)}
      </p>
    </>
  );
}

/** A character of the axis is about this wide. */
const CHARACTER_PIXELS = 6.2;

function shortName(name: string, gutter: number): string {
  const room = Math.floor((gutter - 10) / CHARACTER_PIXELS);
  return name.length <= room ? name : `${name.slice(0, room - 1)}…`;
}

function TimeAxis({
  window,
  width,
  height,
}: {
  readonly window: TimeWindow;
  readonly width: number;
  readonly height: number;
}): VNode {
  const seconds = (window.toMs - window.fromMs) / 1000;
  const most = Math.floor(width / TICK_PIXELS);
  const step = tickStep(seconds, most);
  return (
    <g class="axis">
      {ticks(window, most).map((tick) => {
        const x = (tick / seconds) * width;
        return (
          <g key={tick}>
            <line x1={x} x2={x} y2={height} />
            <text x={x} y={height + 16} text-anchor={width - x < 20 ? 'end' : 'middle'}>
              {tickText(tick, step)}
            </text>
          </g>
        );
      })}
    </g>
  );
}

const CountAxis = ({ most, height }: { readonly most: number; readonly height: number }): VNode => (
  <g class="axis">
    <text x={-8} y={10} text-anchor="end">
      {count(most)}
    </text>
    <text x={-8} y={height} text-anchor="end">
      0
    </text>
  </g>
);
