/** Runs one seed from its first event to its end, and says what happened. */
import { setMaxListeners } from 'node:events';
import type { Observer } from './calls.js';
import { startController } from './actors/controller.js';
import { bootWorker } from './actors/worker.js';
import { faultsOf, scheduleFaults, stopFaults, type Fault } from './faults.js';
import { startSubmit } from './actors/submit.js';
import { drawJob, type JobShape } from './jobs.js';
import { checkFamilies } from './families.js';
import { allChecks } from './checks/all-checks.js';
import { checkResults, describeRest, isAtRest } from './liveness.js';
import { Random } from './random.js';
import { settingsOf, type Settings } from './settings.js';
import { World } from './world/world.js';

/** After the faults everything must be over within this time: a day's worth of leases, polls and pauses. */
const OVER_WITHIN_MS = 4 * 3_600_000;
const LOOK_EVERY_STEPS = 64;

export interface SimulationOptions {
  readonly seed: number;
  /** Settings that take the place of those that the seed draws. */
  readonly settings?: Partial<Settings>;
  /** The numbers of the faults that happen; all of the seed's when absent. */
  readonly faults?: readonly number[];
  readonly observers?: readonly Observer[];
  /** Fields of the first job that take the place of those that the seed draws. */
  readonly firstJob?: Partial<JobShape>;
  /** It is called at the start, and plans what a scenario adds. */
  readonly arrange?: (world: World) => void;
}

export interface SimulationReport {
  readonly seed: number;
  readonly problems: readonly string[];
  readonly steps: number;
  readonly virtualMs: number;
  readonly counts: ReadonlyMap<string, number>;
  readonly faults: readonly Fault[];
}

export async function simulate({
  seed,
  settings: given,
  faults: chosen,
  observers = [],
  firstJob = {},
  arrange,
}: SimulationOptions): Promise<SimulationReport> {
  const random = new Random(seed);
  const settings = { ...settingsOf(random.fork('settings')), ...given };
  const drawn = faultsOf(random.fork('faults'), settings);
  const faults = chosen === undefined ? drawn : drawn.filter(({ number }) => chosen.includes(number));
  const world = new World({ seed, settings, observers: [...allChecks(), ...observers], boot: bootWorker });
  const first = random.fork('first job');
  startSubmit(world, first, drawJob(first, settings.withoutFates, firstJob));
  arrange?.(world);
  for (const [number, { passMs }] of settings.controllers.entries()) startController(world, number, passMs);
  scheduleFaults(world, faults);
  world.clock.after(settings.chaosMs, undefined, () => stopFaults(world));
  await runToRest(world);
  world.end();
  checkResults(world);
  await checkFamilies(world);
  const { clock, counts, elapsedMs: virtualMs, problems } = world;
  return { seed, problems, steps: clock.steps, virtualMs, counts, faults };
}

async function runToRest(world: World): Promise<void> {
  const { clock, settings } = world;
  const mostMs = clock.startMs + settings.chaosMs + OVER_WITHIN_MS;
  const end = await clock.run(() => {
    if (clock.nowMs > mostMs) return true;
    return !world.isNoisy && clock.steps % LOOK_EVERY_STEPS === 0 && isAtRest(world);
  });
  if (end === 'nothing-left') world.problem(`Nothing is left to happen: ${describeRest(world)}`);
  else if (clock.nowMs > mostMs)
    world.problem(`Not over ${OVER_WITHIN_MS / 3_600_000} hours after the last fault: ${describeRest(world)}`);
}

/** A process in a simulation has thousands of listeners on one signal, and no leak. */
setMaxListeners(100_000);
