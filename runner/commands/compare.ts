/** `spotpool compare` says how the results of two jobs over the same dataset differ, or shows several jobs in one table. */
import { definedFields } from '../../core/defined-fields.js';
import { defineStackCommand, type StackCall } from '../cli/command.js';
import { EXIT } from '../cli/exit-codes.js';
import { parsed, toggle } from '../cli/option-rows.js';
import { tolerance } from '../cli/values.js';
import { commonBase } from '../compare/common-base.js';
import { comparedJob } from '../compare/compared-job.js';
import { compareGroup } from '../compare/compare-group.js';
import { compareJobs, differing } from '../compare/compare-jobs.js';
import { comparisonLines } from '../compare/print-comparison.js';
import { groupLines } from '../compare/print-group.js';
import type { JobView } from '../controller/observe/read-job.js';
import { fit, plural } from '../display/format.js';
import type { Terminal } from '../display/terminal.js';
import { UserError } from '../errors.js';
import { buildRecord } from '../record/build-record.js';
import { listJobs, readJobView } from '../status/job-status.js';
import { stackArguments } from './advice/command-lines.js';
import { hasEnded } from '../status/job-state.js';

const compareOptions = {
  tolerance: parsed(
    '<x>',
    'count numbers as equal that differ by at most this share of the larger one, such as 1e-6 (default: they are compared digit by digit)',
    tolerance,
  ),
  failOnChange: toggle(
    'exit with 1 when an output changed, an item newly failed or is newly ok, or one job lacks items',
  ),
};

export const compareCommand = defineStackCommand({
  name: 'compare',
  description:
    'Compare the results of jobs. They have the same dataset, or are reruns of one job; then the items that both have are compared. Two jobs are compared field by field. A series, or more than two jobs, are one table, in which each job is compared with the first.',
  args: { jobs: 'the ids of two or more jobs, or the id of a series' },
  repeats: true,
  options: compareOptions,
  examples: [
    'spotpool compare herg herg-2',
    'spotpool compare herg herg-2 --tolerance 1e-6 --fail-on-change',
    'spotpool compare sweep',
  ],
  run: compare,
});

type CompareCall = StackCall<'jobs', typeof compareOptions>;

async function compare(call: CompareCall): Promise<number> {
  const { words, context, ports } = call;
  const { terminal, signal } = context;
  const twice = words.find((job, at) => words.indexOf(job) < at);
  if (twice !== undefined) throw new UserError(`Job ${twice} is compared with itself. Name different jobs.`);
  const [a = '', b] = words;
  const jobs = b === undefined ? await jobsOfSeries(call, a) : words;
  const views: JobView[] = [];
  for (const job of jobs) views.push(await readJobView(ports.store, job, signal));
  for (const view of views) {
    if (!hasEnded(view.verdict)) {
      terminal.err(`Job ${view.job} has not ended, so only its finished batches are compared.\n`);
    }
  }
  const [before, after] = views;
  if (words.length === 2 && before !== undefined && after !== undefined) return comparePair(call, before, after);
  return compareTable(call, views, b === undefined ? { series: a } : {});
}

async function jobsOfSeries({ context, ports, options }: CompareCall, series: string): Promise<readonly string[]> {
  const found = await listJobs(ports.store, context.signal, undefined, series);
  if (found.length > 0) {
    return found.toSorted((one, other) => one.createdAt.localeCompare(other.createdAt)).map(({ job }) => job);
  }
  throw new UserError(
    `There is no series ${series} in this stack. Name two jobs, or a series that "submit --each" made. To list all jobs: spotpool jobs${stackArguments(options)}`,
  );
}

/** The jobs stand in one table, each compared with the first. */
async function compareTable(
  { context, ports, options }: CompareCall,
  views: readonly JobView[],
  named: { readonly series?: string },
): Promise<number> {
  const { terminal, signal, clock } = context;
  const { tolerance: within } = options;
  const jobs = await compareGroup(ports, {
    jobs: views.map(({ manifest }) => manifest),
    ...definedFields({ tolerance: within }),
    nowMs: clock.nowMs(),
    signal,
  });
  if (options.json) terminal.out(`${JSON.stringify({ ...named, ...definedFields({ tolerance: within }), jobs })}\n`);
  else printLines(terminal, groupLines(jobs, within, columnsOf(terminal)));
  const damaged = jobs.filter(({ fromFirst }) => (fromFirst?.damagedBatches ?? 0) > 0).map(({ job }) => job);
  if (damaged.length > 0) {
    terminal.err(
      `Batches with damaged outcomes are left out of the comparison of ${damaged.join(', ')} with the first job. "spotpool results${stackArguments(options)}" names them.\n`,
    );
  }
  const differs = jobs.some(({ fromFirst }) => (fromFirst?.differ ?? 0) > 0);
  return options.failOnChange === true && differs ? EXIT.failed : EXIT.ok;
}

/** A pipe takes lines of any length. */
const columnsOf = (terminal: Terminal): number => (terminal.interactive ? terminal.size().columns : Infinity);

/** A line that a terminal breaks is hard to read. Whoever reads from a pipe gets the whole line. */
function printLines(terminal: Terminal, lines: readonly string[]): void {
  const columns = columnsOf(terminal);
  terminal.out(`${lines.map((line) => fit(line, columns)).join('\n')}\n`);
}

async function comparePair({ context, ports, options }: CompareCall, before: JobView, after: JobView): Promise<number> {
  const { terminal, signal, clock } = context;
  const { store } = ports;
  const base = await commonBase(before.manifest, after.manifest, { store, signal });
  const { tolerance: within } = options;
  const found = await compareJobs(
    { before: before.manifest, after: after.manifest, base, ...definedFields({ tolerance: within }) },
    { store, signal },
  );
  const time = { nowMs: clock.nowMs(), signal };
  const jobs = [
    comparedJob(await buildRecord(ports, before.job, time)),
    comparedJob(await buildRecord(ports, after.job, time)),
  ] as const;
  if (found.damagedBatches > 0) {
    terminal.err(
      `${plural(found.damagedBatches, 'batch', 'batches')} with damaged outcomes ${found.damagedBatches === 1 ? 'is' : 'are'} left out. "spotpool results${stackArguments(options)}" names them.\n`,
    );
  }
  if (options.json) {
    const indexesOf = base.job.job;
    terminal.out(`${JSON.stringify({ jobs, indexesOf, ...definedFields({ tolerance: within }), ...found })}\n`);
  } else {
    printLines(terminal, comparisonLines(jobs, found, within));
  }
  return options.failOnChange === true && differing(found.items, base) > 0 ? EXIT.failed : EXIT.ok;
}
