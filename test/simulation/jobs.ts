/** The jobs of a simulation: what is submitted, and what must come out. */
import { DEFAULT_JOB_OPTIONS, type JobOptions, type ModelSpec } from '../../core/contract/job.js';
import type { ItemChoice } from '../../runner/rerun/select-items.js';
import { drawBehaviour, type Fate, type ModelBehaviour } from './models/behaviour.js';
import type { Random } from './random.js';
import type { World } from './world/world.js';

/** A job apart from its id: its size, its options, and its model. */
export interface JobShape {
  readonly batches: number;
  readonly itemsPerBatch: number;
  readonly options: JobOptions;
  readonly behaviour: ModelBehaviour;
}

export interface SimulatedJob extends JobShape {
  readonly job: string;
  isCancelled: boolean;
  /** Present when the job is a rerun. */
  readonly rerun?: SimulatedRerun;
}

export interface SimulatedRerun {
  readonly parent: SimulatedJob;
  readonly choice: ItemChoice;
  /** The index in the parent of each of its items. */
  readonly origins: readonly number[];
}

/** The JSON text of an item in the dataset. */
export const inputOf = (index: number): string => String(index * 3);

/** The JSON text of an item of a job. That of a rerun is the text of the item that it computes again. */
export const inputAt = ({ rerun }: SimulatedJob, index: number): string =>
  rerun === undefined ? inputOf(index) : inputAt(rerun.parent, rerun.origins[index] ?? Number.NaN);

export const itemsOf = ({ batches, itemsPerBatch, rerun }: SimulatedJob): number =>
  rerun?.origins.length ?? batches * itemsPerBatch;

/** The last batch of a rerun may be smaller than the others. */
export const itemsOfBatch = (job: SimulatedJob, batch: number): number =>
  Math.min(job.itemsPerBatch, itemsOf(job) - batch * job.itemsPerBatch);

/** No item takes longer than so many times the pace of its model, unless it hangs. */
const SLOWEST = 60;
const MARGIN_SECONDS = 20;

/** One job of a dozen has batches of minutes, because partials are saved in no shorter one. It is small and its items are sound, so that it ends in time. */
const LONG_SHARE = 1 / 12;
const LONG_ITEM_MS = 20_000;
const MOST_LONG_BATCHES = 3;
/** A seed with larger jobs would take too long. */
export const MOST_BATCHES = 25;

export function drawJob(random: Random, without: readonly Fate[], given: Partial<JobShape> = {}): JobShape {
  const isLong = random.fork('long').chance(LONG_SHARE);
  const batches = random.int(1, isLong ? MOST_LONG_BATCHES : MOST_BATCHES);
  const itemsPerBatch = random.int(1, 12);
  const slots = random.pick([1, 2, 3]);
  const items = (given.batches ?? batches) * (given.itemsPerBatch ?? itemsPerBatch);
  const drawn = drawBehaviour(random.fork('behaviour').next, { items, without });
  const behaviour = isLong ? { ...drawn, msPerItem: LONG_ITEM_MS, fates: new Map() } : drawn;
  const itemTimeoutSeconds = (behaviour.msPerItem * SLOWEST) / 1000 + MARGIN_SECONDS;
  const options = {
    ...DEFAULT_JOB_OPTIONS,
    slots,
    concurrency: 1,
    itemTimeoutSeconds,
    loadTimeoutSeconds: 60,
  } as const;
  return { batches, itemsPerBatch, options, behaviour, ...given };
}

/** Makes a job known to the world, before it is submitted. */
export function addJob(world: World, shape: JobShape): SimulatedJob {
  const added = { ...shape, job: `job-${world.jobs.length}`, isCancelled: false };
  world.jobs.push(added);
  return added;
}

/** The model's digest is its job's name, so that its behaviour is found by it. */
export const modelOf = (job: string): ModelSpec => ({
  name: job,
  digest: job.replace('-', ''),
  start: { kind: 'command', argv: ['model', job] },
});
