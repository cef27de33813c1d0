/**
 * The simulation of the parallel-inference literature: workers that keep their model (reuse) against stateless tasks that load it each time.
 *
 * A node is asked for at the start for each input. It comes after a random time, is set up for 3 time units, and then takes one input after another.
 * An inference takes 1, a load of the model 1. A node costs 1 a unit from when it comes until it is released: when it finds no input, or, while it
 * is still being set up, when the last input began. A node that has not come by then costs nothing.
 *
 * The literature gives no distribution of the time until a node comes. It is uniform from 0 to the longest one here. A worker takes an input first
 * and loads the model then, and both ways meet the same nodes. These three are our assumptions.
 *
 * `simulateNodes` is a fast path, because all times but the first one are constant: inputs end in the order in which they began, apart from the load.
 * So two queues that are in order by themselves replace the queue of events. A property test holds it equal to the general engine.
 */
import type { Policy } from './policy.js';
import { randomStream } from './random.js';
import type { Scenario } from './scenario.js';

/** In time units of the literature. */
export const SETUP = 3;
export const LOAD = 1;
export const INFERENCE = 1;

export interface NodesRun {
  /** The time of the last result. */
  readonly time: number;
  readonly cost: number;
}

export interface ReuseRow {
  readonly inputs: number;
  readonly maxProvisioning: number;
  /** The improvement by reuse: (no reuse − reuse) / no reuse, each the mean over all simulations. */
  readonly time: number;
  readonly cost: number;
}

export interface ReusePoint {
  readonly inputs: number;
  readonly maxProvisioning: number;
}

export interface ReuseRuns {
  readonly simulations: number;
  readonly seed: number;
}

/** Simulates one point. The same seed gives the same row. */
export function studyReuse({ inputs, maxProvisioning }: ReusePoint, { simulations, seed }: ReuseRuns): ReuseRow {
  const random = randomStream(seed, `reuse/${inputs}/${maxProvisioning}`);
  const provisioned = new Float64Array(inputs);
  const room = new Float64Array(inputs);
  const sums = { reuseTime: 0, reuseCost: 0, freshTime: 0, freshCost: 0 };
  for (let simulation = 0; simulation < simulations; simulation += 1) {
    for (let node = 0; node < inputs; node += 1) provisioned[node] = maxProvisioning * random();
    provisioned.sort();
    const reuse = simulateNodes(provisioned, true, room);
    const fresh = simulateNodes(provisioned, false, room);
    sums.reuseTime += reuse.time;
    sums.reuseCost += reuse.cost;
    sums.freshTime += fresh.time;
    sums.freshCost += fresh.cost;
  }
  return {
    inputs,
    maxProvisioning,
    time: (sums.freshTime - sums.reuseTime) / sums.freshTime,
    cost: (sums.freshCost - sums.reuseCost) / sums.freshCost,
  };
}

/**
 * Runs as many inputs as there are nodes. `provisioned` has the times at which nodes come, in order; `room` has room for as many numbers.
 * A node that has begun to work is never idle before it is released, so its cost is its setup and its work.
 */
export function simulateNodes(
  provisioned: Float64Array,
  reuse: boolean,
  room = new Float64Array(provisioned.length),
): NodesRun {
  const inputs = provisioned.length;
  const first = LOAD + INFERENCE;
  const next = reuse ? INFERENCE : LOAD + INFERENCE;
  // Nodes are free again `first` after they began, in the order in which they came. Later inputs end in the order in which they began, too.
  let came = 0;
  let freed = 0;
  let laterBegun = 0;
  let laterFreed = 0;
  let lastBegan = 0;
  let time = 0;
  for (let input = 0; input < inputs; input += 1) {
    const newcomer = came < inputs ? (provisioned[came] ?? 0) + SETUP : Infinity;
    const afterFirst = freed < came ? (provisioned[freed] ?? 0) + SETUP + first : Infinity;
    const afterLater = laterFreed < laterBegun ? (room[laterFreed] ?? 0) : Infinity;
    if (newcomer <= afterFirst && newcomer <= afterLater) {
      came += 1;
      lastBegan = newcomer;
      time = Math.max(time, newcomer + first);
      continue;
    }
    if (afterFirst <= afterLater) freed += 1;
    else laterFreed += 1;
    lastBegan = Math.min(afterFirst, afterLater);
    room[laterBegun] = lastBegan + next;
    laterBegun += 1;
    time = Math.max(time, lastBegan + next);
  }
  let cost = came * (SETUP + first) + laterBegun * next;
  for (let node = came; node < inputs; node += 1) {
    const unused = lastBegan - (provisioned[node] ?? 0);
    if (unused <= 0) break;
    cost += unused;
  }
  return { time, cost };
}

/** The same for the general engine: a time unit is a millisecond there. */
export function reuseScenario(inputs: number, maxProvisioning: number): Scenario {
  return {
    work: {
      items: inputs,
      itemTimes: { kind: 'constant', ms: INFERENCE },
      loadTimes: { kind: 'constant', ms: LOAD },
      batchItems: 1,
      hasPace: false,
    },
    pool: {
      maxInstances: inputs,
      slots: 1,
      arrivalTimes: { kind: 'uniform', leastMs: 0, mostMs: maxProvisioning },
      bootTimes: { kind: 'constant', ms: 0 },
      environmentTimes: { kind: 'constant', ms: SETUP },
      reclaims: { perInstanceHour: 0, noticeMs: 0, withoutNotice: 0 },
      leaseMs: 0,
      exitMs: 0,
    },
  };
}

/** The policies of the literature's simulation. */
export const reusePolicy = (reuse: boolean): Policy => ({
  name: reuse ? 'reuse' : 'no reuse',
  about: reuse ? 'a worker keeps its model' : 'each task loads the model',
  cut: ({ work }) => Array.from({ length: work.items }, () => 1),
  target: ({ waiting, batches }) => (waiting > 0 ? batches : 0),
  everyMs: 0,
  exits: 'at once',
  endsStarting: true,
  ...(reuse ? {} : { loadsEachBatch: true }),
});
