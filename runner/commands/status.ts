/** `spotpool status <job>` shows a job on one screen. */
import { RESUME_OPTION_NAMES, type ResumeOptionName } from '../../core/contract/ends.js';
import { judgeJob } from '../../core/pool/success.js';
import { defineStackCommand, type StackCall } from '../cli/command.js';
import { EXIT } from '../cli/exit-codes.js';
import { bar, eventLines } from '../display/frame.js';
import { clockTime, count, oneLine, percent, plural, sentence, span, table, wrap } from '../display/format.js';
import { phasesText, preparingText } from '../display/preparing.js';
import type { Terminal } from '../display/terminal.js';
import { type JobStatus, readJobStatus } from '../status/job-status.js';
import type { ShapeView } from '../status/shapes.js';
import { WorkerNews } from '../follow/display-events.js';
import { EventLog } from '../follow/event-log.js';
import type { News } from '../follow/news.js';
import { canBeResumed, hasEnded } from '../status/job-state.js';
import { brokenOffText } from '../follow/broken-off.js';
import { resumeSubmitText, resumeText } from './advice/resume.js';
import { stackArguments } from './advice/command-lines.js';
import { printStatusJson } from './status-json.js';

export const statusCommand = defineStackCommand({
  name: 'status',
  description: 'Show how a job is doing, on one screen.',
  args: { job: 'the id of the job' },
  options: {},
  examples: ['spotpool status herg --local', 'spotpool status herg --json | jq .items.ok'],
  run: status,
});

/** The screen shows the newest events; `spotpool logs` prints all of them. */
const SHOWN_EVENTS = 8;
const BAR_COLUMNS = 50;

async function status({ context, ports, args: { job }, options }: StackCall<'job'>): Promise<number> {
  const found = await readJobStatus(ports, job, context.signal);
  let happened: readonly News[] = [];
  const news = new WorkerNews();
  for await (const event of new EventLog(ports.store, job).newEvents([], context.signal)) {
    happened = [...happened, ...news.push(event)].slice(-SHOWN_EVENTS);
  }
  happened = [...happened, ...news.rest()].slice(-SHOWN_EVENTS);
  if (options.json) {
    printStatusJson(context.terminal, found, { events: happened });
    return EXIT.ok;
  }
  const { columns } = context.terminal.size();
  const lines = [
    ...statusLines(found, { colors: context.terminal.colors, columns }, stackArguments(options)),
    ...happened.flatMap((event) =>
      eventLines({ ...event, message: sentence(event.message) }, columns, context.terminal.colors),
    ),
  ];
  context.terminal.out(`${lines.join('\n')}\n`);
  return EXIT.ok;
}

/** `where` holds the options that name the same stack again. */
export function statusLines(
  status: JobStatus,
  { colors, columns }: Pick<Terminal, 'colors'> & { readonly columns: number },
  where = '',
): readonly string[] {
  const { items, batches, fleet } = status;
  const done = items.ok + items.failed;
  const ended = hasEnded(status);
  const completed = judgeJob(status) === 'success' ? colors.green : colors.red;
  const color = { complete: completed, failed: colors.red, cancelled: colors.yellow }[status.state as 'complete'];
  const rows: readonly (readonly [string, string])[] = [
    ...(status.name === undefined ? [] : [['name', oneLine(status.name)] as const]),
    ['state', (ended ? color : colors.cyan)(status.state)],
    ...(status.reason === undefined ? [] : [['why', sentence(status.reason)] as const]),
    ...(status.brokenOff === undefined ? [] : [['submit', colors.yellow(brokenOffText(status))] as const]),
    ...(status.parent === undefined ? [] : [['rerun of', status.parent] as const]),
    ...(status.reruns === undefined ? [] : [['reruns', status.reruns.join(', ')] as const]),
    ['model', status.model],
    ['dataset', status.dataset],
    ...(status.identity === undefined ? [] : [['ids', identityText(status.identity)] as const]),
    ['created', `${status.createdAt.slice(0, 10)} ${clockTime(status.createdAt)} by ${status.createdBy}`],
    ...(status.resumed === undefined ? [] : [['resumed', resumedText(status.resumed)] as const]),
    ['items', `${count(done)} of ${count(items.total)} done: ${count(items.ok)} ok, ${count(items.failed)} failed`],
    [
      'batches',
      `${count(batches.done)} of ${count(batches.total)} done` +
        (batches.failed > 0 ? colors.red(`, ${count(batches.failed)} given up`) : ''),
    ],
    ...status.shapes
      .slice(0, SHOWN_SHAPES)
      .map((shape): readonly [string, string] => ['slots', shapeText(shape, status)]),
    ...status.shapes
      .flatMap(({ hint }) => (hint === undefined ? [] : [['hint', colors.yellow(hint)] as const]))
      .slice(0, 1),
    ...(ended ? [] : status.preparing.slice(0, SHOWN_SHAPES)).map((view): readonly [string, string] => [
      'now',
      sentence(`${preparingText(view)}, since ${view.since}`),
    ]),
    ...(status.phases.length === 0 ? [] : [['phases', phasesText(status.phases)] as const]),
    ...status.silent
      .slice(0, SHOWN_SHAPES)
      .map(({ instance, silentForMs }): readonly [string, string] => [
        'silent',
        colors.yellow(`${instance}: no sign of life for ${span(silentForMs / 1000)}. Its worker hangs or is cut off.`),
      ]),
    ['used', usedText(status.instanceHours)],
    [
      'fleet',
      `target ${fleet.target}; ${fleet.pending} pending, ${fleet.running} running, ${fleet.noticed} noticed, ${fleet.draining} draining`,
    ],
  ];
  const name = colors.bold(status.job);
  const share = `${bar(done, items.total, BAR_COLUMNS, colors)} ${percent(done, items.total)}`;
  const next = [
    ...(ended && batches.done > 0 ? [`To fetch the results: spotpool results ${status.job}${where}`] : []),
    ...(canBeResumed(status) ? [resumeText(status, where)] : []),
    ...(status.brokenOff === undefined ? [] : [resumeSubmitText(status, where)]),
  ];
  return [
    '',
    ` ${name}  ${share}`,
    '',
    ...rowLines(rows, { colors, columns }),
    ...(next.length === 0 ? [] : ['', ...next.map((line) => `  ${colors.dim(line)}`)]),
    '',
    ...(done < items.total && fleet.target === 0 && !ended && status.brokenOff === undefined
      ? [` The fleet's target is 0. To control the fleet: spotpool watch ${status.job}${where}`, '']
      : []),
  ];
}

/** Long values are wrapped, so that a narrow terminal breaks no word. */
function rowLines(
  rows: readonly (readonly [string, string])[],
  { colors, columns }: Pick<Terminal, 'colors'> & { readonly columns: number },
): readonly string[] {
  const indent = Math.max(...rows.map(([label]) => label.length)) + 3;
  return table(
    rows.flatMap(([label, value]) =>
      wrap(value, Math.max(LEAST_VALUE_COLUMNS, columns - indent)).map((line, at) => [
        ` ${at === 0 ? colors.dim(label) : ''}`,
        line,
      ]),
    ),
  );
}

function identityText({ idField, keep = [] }: NonNullable<JobStatus['identity']>): string {
  const id = idField === undefined ? 'none' : oneLine(idField);
  return keep.length === 0 ? id : `${id}; kept: ${keep.map(oneLine).join(', ')}`;
}

const LEAST_VALUE_COLUMNS = 30;

function resumedText({ times, at, by, options }: NonNullable<JobStatus['resumed']>): string {
  const changed = RESUME_OPTION_NAMES.flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [`${RESUME_FLAGS[name]} ${value}`];
  });
  return (
    `${at.slice(0, 10)} ${clockTime(at)} by ${by}` +
    (times === 1 ? '' : ` (resumed ${times} times)`) +
    (changed.length === 0 ? '' : `; changed: ${changed.join(', ')}`)
  );
}

const RESUME_FLAGS: Readonly<Record<ResumeOptionName, string>> = {
  maxFailed: '--max-failed',
  maxInstanceHours: '--max-instance-hours',
  maxWorkers: '--max-workers',
};

/** Most workers measure the same shape. Where they differ, the most common shapes are enough. */
const SHOWN_SHAPES = 3;

function shapeText({ workers, reason }: ShapeView, { shapes }: JobStatus): string {
  return sentence(shapes.length === 1 ? reason : `${reason} (on ${plural(workers, 'worker')})`);
}

/** With a small bound small amounts matter: 0.00 of at most 0.001 would say nothing. */
function usedText({ used, max }: JobStatus['instanceHours']): string {
  const digits = max === undefined || max >= 1 ? 2 : 2 - Math.floor(Math.log10(max));
  return `${used.toFixed(digits)} instance-hours${max === undefined ? '' : ` of at most ${max}`}`;
}
