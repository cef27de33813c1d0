/** Renders the live display as lines of text. Pure: a view in, lines out. */
import type { Colors } from 'picocolors/types.js';
import type { Level, RunEvent } from './events.js';
import {
  bytes,
  clockTime,
  count,
  fit,
  percent,
  plural,
  rate,
  sentence,
  span,
  stopwatch,
  width,
  wrap,
} from './format.js';
import { filesText } from './files.js';
import { elapsedText, preparingText } from './preparing.js';
import type { JobProgress } from './views.js';

export interface LiveView {
  readonly startedAtMs: number;
  readonly title: string;
  readonly job?: string;
  /** A sentence about the current step. It is shown until numbers are known. */
  readonly phase: string;
  readonly progress?: JobProgress;
  readonly happened: readonly { readonly at: string; readonly level: Level; readonly message: string }[];
}

/** Enough to show a reclaim and its consequences. */
const KEPT_EVENTS = 8;
/** Long sentences take two lines each. */
const KEPT_EVENT_LINES = 10;
const MAX_BAR_COLUMNS = 60;
/** Most instances do the same at a time. */
const SHOWN_PREPARING = 2;

export const emptyView = (startedAtMs: number): LiveView => ({
  startedAtMs,
  title: 'spotpool',
  phase: 'Starting …',
  happened: [],
});

export function withEvent(view: LiveView, event: RunEvent): LiveView {
  switch (event.event) {
    case 'local-cloud-up':
      return { ...view, phase: 'The local cloud is ready. Reading the dataset …' };
    case 'uploading':
      return { ...view, phase: `Uploading the dataset: ${plural(event.items, 'item')} …` };
    case 'weights': {
      const done = `${bytes(event.bytes)} of ${bytes(event.total)}`;
      return { ...view, phase: `${event.doing === 'hashing' ? 'Hashing' : 'Uploading'} the weights: ${done} …` };
    }
    case 'files':
      return { ...view, phase: `Uploading the files: ${filesText(event)} …` };
    case 'enqueueing':
      return { ...view, phase: `Enqueueing: ${count(event.sent)} of ${plural(event.batches, 'batch', 'batches')} …` };
    case 'submitted':
      return { ...view, job: event.job, title: titleOf(event), phase: 'Submitted. Waiting for the first instance …' };
    case 'following':
      return { ...view, job: event.job, title: titleOf(event), phase: "Reading the job's state …" };
    case 'progress': {
      const { event: _event, ...progress } = event;
      return { ...view, progress };
    }
    case 'happened':
      return {
        ...view,
        happened: [...view.happened, { at: event.at, level: event.level, message: sentence(event.message) }].slice(
          -KEPT_EVENTS,
        ),
      };
    case 'ended':
      return { ...view, phase: sentence(event.reason) };
    case 'results-written':
      return { ...view, phase: `Wrote ${plural(event.items, 'result')} to ${event.file}.` };
    case 'waiting-for-zero':
      return { ...view, phase: zeroPhase(event.instances) };
    case 'page-up':
    case 'summary':
      return view;
  }
}

const zeroPhase = (instances: number): string =>
  instances === 0
    ? 'The job has ended. All instances are terminated.'
    : `The job has ended. Waiting for ${plural(instances, 'instance')} to terminate …`;

const titleOf = (event: { readonly model: string; readonly dataset: string }): string =>
  `${event.model} over ${event.dataset}`;

interface FrameSize {
  readonly columns: number;
  readonly rows: number;
  readonly nowMs: number;
  readonly colors: Colors;
}

export function frame(view: LiveView, size: FrameSize): readonly string[] {
  const { columns, nowMs, colors } = size;
  const clock = stopwatch(nowMs - view.startedAtMs);
  const name = view.job === undefined ? '' : `  ${colors.dim('job')} ${view.job}`;
  // On a narrow terminal the title is cut, so that the clock stays visible.
  const head = fit(` ${colors.bold(view.title)}${name}`, Math.max(8, columns - clock.length - 4));
  const gap = ' '.repeat(Math.max(2, columns - 2 - width(head) - clock.length));
  const { progress } = view;
  const lines = [
    '',
    `${head}${gap}${clock}`,
    '',
    ...(progress === undefined ? [` ${view.phase}`] : progressLines(view.phase, progress, size)),
    '',
  ];
  // The cursor needs a free row below.
  const room = Math.min(KEPT_EVENT_LINES, size.rows - lines.length - 1);
  const sentences = view.happened.map((event) => eventLines(event, columns, colors));
  return [...lines, ...latestThatFit(sentences, room)];
}

/** The latest sentences that fit. A sentence is shown whole or not at all. */
function latestThatFit(sentences: readonly (readonly string[])[], room: number): readonly string[] {
  let shown: readonly string[] = [];
  for (const sentence of sentences.toReversed()) {
    if (shown.length + sentence.length > room) break;
    shown = [...sentence, ...shown];
  }
  return shown;
}

function progressLines(phase: string, progress: JobProgress, { columns, nowMs, colors }: FrameSize): readonly string[] {
  const { batches, items, fleet } = progress;
  const done = items.ok + items.failed;
  const speed = progress.itemsPerSecond === undefined ? [] : [rate(progress.itemsPerSecond)];
  const eta = progress.etaSeconds === undefined ? [] : [`about ${span(progress.etaSeconds)} left`];
  const failures = [
    ...(items.failed > 0 ? [colors.yellow(`${plural(items.failed, 'item')} failed`)] : ['no item failed']),
    ...(batches.failed > 0 ? [colors.red(`${plural(batches.failed, 'batch', 'batches')} given up`)] : []),
  ];
  const text = ` ${percent(done, items.total).padStart(5)}`;
  const barColumns = Math.max(4, Math.min(MAX_BAR_COLUMNS, columns - width(text) - 3));
  const working = progress.state === 'running' || progress.state === 'submitting';
  return [
    ` ${bar(done, items.total, barColumns, colors)}${text}`,
    '',
    row('items', [`${count(done)} of ${count(items.total)} done`, ...failures], colors),
    row('batches', [`${count(batches.done)} of ${count(batches.total)} done`, ...speed, ...eta], colors),
    row('fleet', [`target ${fleet.target}`, ...fleetCounts(progress, colors)], colors),
    ...(progress.preparing ?? [])
      .slice(0, SHOWN_PREPARING)
      .map((view) => row('now', [`${preparingText(view)} (${elapsedText(view, nowMs)})`], colors)),
    ...(working && done > 0 ? [] : ['', ` ${phase}`]),
  ];
}

function fleetCounts({ fleet }: JobProgress, colors: Colors): readonly string[] {
  const shade = (value: number, text: string, color: (text: string) => string): string =>
    value > 0 ? color(`${value} ${text}`) : colors.dim(`${value} ${text}`);
  return [
    shade(fleet.pending, 'pending', colors.cyan),
    shade(fleet.running, 'running', colors.green),
    shade(fleet.noticed, 'noticed', colors.yellow),
    shade(fleet.draining, 'draining', colors.magenta),
  ];
}

const row = (name: string, cells: readonly string[], colors: Colors): string =>
  ` ${colors.dim(name.padEnd(8))} ${cells.join(colors.dim(' · '))}`;

export function bar(done: number, total: number, columns: number, colors: Colors): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const filled = share >= 1 ? columns : Math.min(columns - 1, Math.floor(share * columns));
  return colors.green('█'.repeat(filled)) + colors.dim('░'.repeat(columns - filled));
}

const LEVEL_MARKS = { info: '·', good: '✓', warning: '!' } as const;

/** The columns that the time and the mark take in front of a sentence. */
const EVENT_INDENT = 12;
const MIN_SENTENCE_COLUMNS = 20;

export function eventLines(
  event: { readonly at: string; readonly level: Level; readonly message: string },
  columns: number,
  colors: Colors,
): readonly string[] {
  const color = { info: colors.dim, good: colors.green, warning: colors.yellow }[event.level];
  const [first = '', ...more] = wrap(event.message, Math.max(MIN_SENTENCE_COLUMNS, columns - EVENT_INDENT - 1));
  return [
    ` ${colors.dim(clockTime(event.at))} ${color(LEVEL_MARKS[event.level])} ${first}`,
    ...more.map((line) => ' '.repeat(EVENT_INDENT) + line),
  ];
}
