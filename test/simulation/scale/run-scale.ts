/** Runs a pool of a given size to its end: the real workers, submits and controller passes, in a world without faults except one storm. */
import { setMaxListeners } from 'node:events';
import { newControllerMemory } from '../../../runner/controller/memory.js';
import { PASS_MS } from '../../../core/pool/request-intervals.js';
import { runPass } from '../../../runner/controller/run-pass.js';
import { controllerPorts } from '../actors/controller.js';
import { startSubmit } from '../actors/submit.js';
import { bootWorker } from '../actors/worker.js';
import { drawJob } from '../jobs.js';
import { checkResults, describeRest, isAtRest } from '../liveness.js';
import { soundBehaviour } from '../models/behaviour.js';
import { SimulatedProcess } from '../process.js';
import { Random } from '../random.js';
import { CALM_SERVICES, type Settings } from '../settings.js';
import { World } from '../world/world.js';
import { type Counts, RequestCounter } from './count.js';

const SECOND_MS = 1_000;
/** AWS takes an instance so long after its notice. */
export const NOTICE_MS = 120 * SECOND_MS;
/** The pool must have come to rest by then. */
const MOST_MS = 2 * 3_600 * SECOND_MS;
const LOOK_EVERY_STEPS = 1_024;
const SLOTS = 2;

export interface ScaleShape {
  readonly workers: number;
  readonly jobs: number;
  readonly batchesPerJob: number;
  readonly itemsPerBatch: number;
  readonly msPerItem: number;
  /** Every instance that runs then gets a notice, and is taken two minutes later. */
  readonly stormAtMs: number;
  /** The run ends then; without it, when the pool is at rest and all results have been checked. */
  readonly endsAtMs?: number;
}

export interface Pass {
  readonly atMs: number;
  readonly tookMs: number;
  /** The requests apart from those that look at one outcome. */
  readonly requests: number;
  /** Each outcome is looked at once in the life of its job. */
  readonly outcomesLookedAt: number;
}

export interface ScaleReport {
  readonly shape: ScaleShape;
  readonly counts: Counts;
  readonly passes: readonly Pass[];
  readonly problems: readonly string[];
  readonly virtualMs: number;
  readonly reclaimed: number;
  readonly instances: number;
}

/** `onPass` is called after each pass of the controller. */
export async function runScale(shape: ScaleShape, onPass?: (pass: Pass) => void): Promise<ScaleReport> {
  // A process in a simulation has thousands of listeners on one signal, and no leak.
  setMaxListeners(100_000);
  const counter = new RequestCounter();
  const world = new World({
    seed: 1,
    settings: settingsOf(shape),
    observers: [counter],
    boot: bootWorker,
  });
  for (let job = 0; job < shape.jobs; job += 1) submit(world, shape, job);
  const passes: Pass[] = [];
  void control(world, counter, (pass) => {
    passes.push(pass);
    onPass?.(pass);
  });
  let reclaimed = 0;
  world.clock.after(shape.stormAtMs, undefined, () => (reclaimed = storm(world)));
  await runToEnd(world, shape.endsAtMs);
  world.end();
  if (shape.endsAtMs === undefined) checkResults(world);
  const { elapsedMs: virtualMs, problems } = world;
  const { length: instances } = world.fleet.instances;
  return { shape, counts: counter.counts, passes, problems, virtualMs, reclaimed, instances };
}

const settingsOf = ({ workers }: ScaleShape): Settings => ({
  lossShare: 0,
  ...CALM_SERVICES,
  leaseSeconds: 20,
  maxWorkers: workers,
  maxIdleMs: 300 * SECOND_MS,
  chaosMs: MOST_MS,
  faults: 0,
  withoutFates: [],
  controllers: [],
});

function submit(world: World, { batchesPerJob, itemsPerBatch, msPerItem }: ScaleShape, job: number): void {
  const random = new Random(job);
  const { options } = drawJob(random, []);
  startSubmit(world, random, {
    batches: batchesPerJob,
    itemsPerBatch,
    options: { ...options, slots: SLOTS, itemTimeoutSeconds: 600 },
    behaviour: soundBehaviour({ msPerItem }),
  });
}

/** One controller makes a pass each two seconds, as the stack's does while something is under way. */
async function control(world: World, counter: RequestCounter, onPass: (pass: Pass) => void): Promise<void> {
  const process = new SimulatedProcess('controller', 'controller', world.clock, world.random);
  world.controllers.add(process);
  const ports = controllerPorts(world, process);
  const { signal } = new AbortController();
  const options = { maxWorkers: world.settings.maxWorkers, memory: newControllerMemory() };
  while (!world.isOver) {
    const before = { ...counter.controllers };
    const atMs = world.elapsedMs;
    await runPass(ports, options, signal).catch((error: unknown) => world.problem(`A pass failed: ${String(error)}`));
    const outcomesLookedAt = counter.controllers.outcomesLookedAt - before.outcomesLookedAt;
    const requests = counter.controllers.requests - before.requests - outcomesLookedAt;
    onPass({ atMs, tookMs: world.elapsedMs - atMs, requests, outcomesLookedAt });
    await process.clock.sleep(PASS_MS, signal);
  }
}

function storm(world: World): number {
  const { running } = world.fleet;
  for (const instance of running) {
    instance.notices.push({ kind: 'interruption', takesAtMs: instance.process.clock.nowMs() + NOTICE_MS });
    world.clock.after(NOTICE_MS, undefined, () => world.fleet.end(instance, true));
  }
  return running.length;
}

async function runToEnd(world: World, endsAtMs = MOST_MS): Promise<void> {
  const { clock } = world;
  const end = await clock.run(
    () => world.elapsedMs >= endsAtMs || (clock.steps % LOOK_EVERY_STEPS === 0 && isAtRest(world)),
  );
  if (end === 'nothing-left' || world.elapsedMs >= MOST_MS)
    world.problem(`The pool did not end: ${describeRest(world)}`);
}
