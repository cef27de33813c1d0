/** `spotpool compare <a> <b>` says how the results of two jobs over the same dataset differ. */
import type { ComparedItems } from '../../core/compare/comparison.js';
import type { JobRecord } from '../../core/record/job-record.js';
import { definedFields } from '../../core/defined-fields.js';
import { defineStackCommand, type StackCall } from '../cli/command.js';
import { EXIT } from '../cli/exit-codes.js';
import { parsed, toggle } from '../cli/option-rows.js';
import { tolerance } from '../cli/values.js';
import { commonBase } from '../compare/common-base.js';
import { compareJobs } from '../compare/compare-jobs.js';
import { type ComparedJob, comparisonLines } from '../compare/print-comparison.js';
import { fit, plural } from '../display/format.js';
import { UserError } from '../errors.js';
import { buildRecord } from '../record/build-record.js';
import { readJobView } from '../status/job-status.js';
import { hasEnded } from './job-state.js';

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
    'Compare the results of two jobs. They have the same dataset, or one is a rerun of the other; then the items that both have are compared.',
  args: { a: 'the id of the first job', b: 'the id of the second job' },
  options: compareOptions,
  examples: ['spotpool compare herg herg-2', 'spotpool compare herg herg-2 --tolerance 1e-6 --fail-on-change'],
  run: compare,
});

async function compare({
  context,
  ports,
  args,
  options,
}: StackCall<'a' | 'b', typeof compareOptions>): Promise<number> {
  const { terminal, signal, clock } = context;
  const { store } = ports;
  if (args.a === args.b) throw new UserError(`Job ${args.a} is compared with itself. Name two jobs.`);
  const [before, after] = [await readJobView(store, args.a, signal), await readJobView(store, args.b, signal)];
  const base = await commonBase(before.manifest, after.manifest, { store, signal });
  const { tolerance: within } = options;
  const found = await compareJobs(
    { before: before.manifest, after: after.manifest, base, ...definedFields({ tolerance: within }) },
    { store, signal },
  );
  const time = { nowMs: clock.nowMs(), signal };
  const jobs = [
    comparedJob(await buildRecord(ports, args.a, time)),
    comparedJob(await buildRecord(ports, args.b, time)),
  ] as const;
  for (const view of [before, after]) {
    if (!hasEnded(view.verdict)) {
      terminal.err(`Job ${view.job} has not ended, so only its finished batches are compared.\n`);
    }
  }
  if (found.damagedBatches > 0) {
    terminal.err(
      `${plural(found.damagedBatches, 'batch', 'batches')} with damaged outcomes ${found.damagedBatches === 1 ? 'is' : 'are'} left out. "spotpool results" names them.\n`,
    );
  }
  if (options.json) {
    const indexesOf = base.job.job;
    terminal.out(`${JSON.stringify({ jobs, indexesOf, ...definedFields({ tolerance: within }), ...found })}\n`);
  } else {
    const columns = terminal.interactive ? terminal.size().columns : Infinity;
    const lines = comparisonLines(jobs, found, within).map((line) => fit(line, columns));
    terminal.out(`${lines.join('\n')}\n`);
  }
  const isWhole = base.pathOfBefore.length + base.pathOfAfter.length === 0;
  return options.failOnChange === true && hasChanged(found.items, isWhole) ? EXIT.failed : EXIT.ok;
}

/** A rerun lacks the items that were not chosen, which is no change. */
function hasChanged(items: ComparedItems, isWhole: boolean): boolean {
  const { changed, newlyFailed, newlyOk, onlyBefore, onlyAfter } = items;
  return changed + newlyFailed + newlyOk + (isWhole ? onlyBefore + onlyAfter : 0) > 0;
}

/** A figure that nobody measured is left out. */
function comparedJob({ job, name, what, how, outcomes, pool, pace, cost }: JobRecord): ComparedJob {
  const { items } = outcomes;
  const done = items.ok + items.failed;
  const used =
    pool.instances.length === 0
      ? {}
      : {
          instances: pool.instances.length,
          instanceSeconds: cost.instanceSeconds,
          ...definedFields({ spotDollars: cost.spotDollars }),
        };
  return {
    job,
    ...definedFields({ name }),
    model: what.model.name,
    state: how.state,
    items,
    seconds: how.seconds,
    ...(how.seconds > 0 && done > 0 ? { itemsPerSecond: done / how.seconds } : {}),
    ...definedFields({ itemMs: pace.item?.medianMs }),
    ...used,
  };
}
