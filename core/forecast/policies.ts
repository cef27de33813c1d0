/** The policies that `spotpool simulate pool` compares: ours, and those of others beside it. */
import { decideTarget } from '../pool/capacity.js';
import { PASS_MS } from '../pool/request-intervals.js';
import type { Policy, PoolView } from './policy.js';
import { cutAsTheProduct, cutEvenly, instancesThatMayCome } from './scenario.js';

/** Target tracking on a queue changes the number of instances by one in this time. */
const TRACKING_MS = 300_000;
const JOB = 'forecast';

/** Spotpool itself: R7's target, R6's exits, R3's partials. */
export const SPOTPOOL: Policy = {
  name: 'spotpool',
  about: 'workers start as they arrive, keep the model, save finished items, and leave as the work runs out',
  cut: cutAsTheProduct,
  target: ({ left, reportedSlots, maxInstances, target }) =>
    decideTarget({
      demands: [{ job: JOB, left, enqueued: true }],
      reportedSlots,
      maxWorkers: maxInstances,
      published: target === undefined ? undefined : { target, jobs: [JOB] },
    }).target,
  everyMs: PASS_MS,
  exits: 'granted',
  savesPartials: true,
};

export const ONE_INSTANCE_A_BATCH: Policy = {
  name: 'instance per batch',
  about:
    'the dataset is cut into as many batches as there are slots; an instance boots, loads the model, computes one batch in each slot, and ends',
  cut: (scenario) => cutEvenly(scenario.work.items, instancesThatMayCome(scenario) * scenario.pool.slots),
  target: ({ left, maxInstances, slots }) => Math.min(maxInstances, Math.ceil(left / slots)),
  everyMs: 0,
  exits: 'at once',
  endsAfterBatch: true,
};

export const STATELESS_TASKS: Policy = {
  name: 'stateless tasks',
  about: 'instances are reused, and every batch loads the model again; idle instances end',
  cut: cutAsTheProduct,
  target: ({ left, maxInstances, slots }) => Math.min(maxInstances, Math.ceil(left / slots)),
  everyMs: 0,
  exits: 'at once',
  loadsEachBatch: true,
};

export const FIXED_POOL: Policy = {
  name: 'fixed pool',
  about: 'all instances are kept until the job has ended',
  cut: cutAsTheProduct,
  target: ({ left, maxInstances }) => (left > 0 ? maxInstances : 0),
  everyMs: PASS_MS,
  exits: 'granted',
};

export const TARGET_TRACKING: Policy = {
  name: 'target tracking',
  about:
    'one instance more or less every 300 s, so that each has 300 s of work in the queue; busy instances are not ended',
  cut: cutAsTheProduct,
  target: trackedTarget,
  everyMs: TRACKING_MS,
  exits: 'granted',
};

function trackedTarget({ left, waiting, target, maxInstances, slots, batchMs }: PoolView): number {
  if (target === undefined) return 1;
  const batchesOfOne = (TRACKING_MS * slots) / Math.max(1, batchMs);
  const wanted = Math.min(maxInstances, Math.max(left > 0 ? 1 : 0, Math.ceil(waiting / batchesOfOne)));
  return target + Math.sign(wanted - target);
}

/** All of them, ours first. */
export const POLICIES: readonly Policy[] = [
  SPOTPOOL,
  STATELESS_TASKS,
  FIXED_POOL,
  ONE_INSTANCE_A_BATCH,
  TARGET_TRACKING,
];
