/**
 * The faults of a seed. Each has a number, a time and a stream of its own, so that leaving one out changes nothing of the others.
 */
import { damage } from './damage.js';
import type { SimulatedProcess } from './process.js';
import type { Random } from './random.js';
import type { SimulatedInstance } from './world/fleet.js';
import type { Loss, World } from './world/world.js';
import { giveCommand } from './actors/commands.js';
import { startRerun, submitRerunAgain } from './actors/rerun.js';
import { startSubmit } from './actors/submit.js';
import { drawJob } from './jobs.js';
import { endOf } from './liveness.js';
import type { Service } from './calls.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const MOST_JOBS = 4;

type Inflict = (world: World, random: Random) => boolean;

/** Each fault says whether there was anything to do it to. */
const FAULTS = {
  /** An instance vanishes, mostly because AWS took it without a notice. */
  kill: (world, random) => onRunning(world, random, (instance) => world.fleet.end(instance, random.chance(0.7))),
  storm: (world, random) => {
    if (random.chance(0.7)) return false;
    const { running } = world.fleet;
    for (const instance of running) world.fleet.end(instance, true);
    return running.length > 0;
  },
  notice: (world, random) =>
    onRunning(world, random, (instance) => {
      const leftMs = random.pick([500, 5 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS]);
      instance.notices.push({ kind: 'interruption', takesAtMs: instance.process.clock.nowMs() + leftMs });
      if (random.chance(0.1)) return world.did('notice-not-kept');
      const takenAfterMs = random.chance(0.2) ? leftMs * 0.3 : leftMs;
      world.clock.after(takenAfterMs, undefined, () => world.fleet.end(instance, true));
    }),
  rebalance: (world, random) =>
    onRunning(world, random, (instance) => {
      instance.notices.push({ kind: 'rebalance', noticedAtMs: instance.process.clock.nowMs() });
    }),
  /** A worker stands still, often for longer than its leases last. */
  freeze: (world, random) =>
    onRunning(world, random, ({ process }) => {
      freeze(world, process, world.settings.leaseSeconds * SECOND_MS * random.between(0.5, 4.5));
    }),
  stop: (world, random) => onRunning(world, random, ({ stop }) => stop.abort(new Error('SIGTERM'))),
  'cut-off': (world, random) =>
    onRunning(world, random, ({ process }) => {
      process.cutOffUntilMs = Math.max(process.cutOffUntilMs, world.clock.nowMs + random.next() * 3 * MINUTE_MS);
    }),
  outage: (world, random) => {
    const service = random.pick<Service>(['s3', 's3', 'sqs', 'sqs', 'ec2', 'scheduler', 'metadata']);
    const loss = random.pick<Loss>(['silent', 'refused', 'refused']);
    world.outages.set(service, { untilMs: world.clock.nowMs + random.next() * MINUTE_MS, loss });
    return true;
  },
  'controller-crash': (world, random) => {
    const controller = random.pick([...world.controllers]);
    controller?.kill();
    return controller !== undefined;
  },
  'controller-freeze': (world, random) => {
    const controller = random.pick([...world.controllers]);
    if (controller !== undefined) freeze(world, controller, random.next() * 25 * MINUTE_MS);
    return controller !== undefined;
  },
  job: (world, random) => {
    if (world.jobs.length >= MOST_JOBS) return false;
    startSubmit(world, random, drawJob(random, world.settings.withoutFates));
    return true;
  },
  /** The submitter's machine dies. The command is given again after a while. */
  'submit-crash': (world, random) => {
    const submit = random.pick([...world.submits]);
    submit?.kill();
    return submit !== undefined;
  },
  'submit-freeze': (world, random) => {
    const submit = random.pick([...world.submits]);
    if (submit !== undefined) freeze(world, submit, random.next() * 2 * MINUTE_MS);
    return submit !== undefined;
  },
  /** The same submission is made from another terminal, too. */
  'submit-twice': (world, random) => {
    const job = random.pick(world.jobs);
    if (job === undefined) return false;
    if (job.rerun === undefined) startSubmit(world, random, job);
    else submitRerunAgain(world, random, job, job.rerun);
    return true;
  },
  cancel: (world, random) => {
    const job = random.pick(world.jobs);
    if (job === undefined || random.chance(0.7)) return false;
    giveCommand(world, random, job, 'cancel');
    return true;
  },
  /** Somebody lets a job go on that was cancelled or has failed. Mostly there is nothing to resume. */
  resume: (world, random) => {
    const over = world.jobs.filter((job) => endOf(world, job) !== undefined);
    const job = random.pick(over);
    if (job !== undefined) giveCommand(world, random, job, 'resume');
    return job !== undefined;
  },
  'clock-jump': (world, random) =>
    onRunning(world, random, ({ process }) => {
      process.skewMs += random.pick([-30 * SECOND_MS, -2 * SECOND_MS, 2 * SECOND_MS, 30 * SECOND_MS]);
    }),
  'message-lost': (world, random) => {
    const message = random.pick([...world.queue.messages.values()]);
    if (message !== undefined) world.queue.lose(message);
    return message !== undefined;
  },
  /** Somebody waits for the end of a job, and lets some of its items be computed again by another model. */
  rerun: (world, random) => {
    const job = random.pick(world.jobs);
    if (job !== undefined) startRerun(world, random, job);
    return job !== undefined;
  },
  /** Somebody with a worker's rights writes nonsense. */
  damage,
  shortage: (world, random) => {
    world.fleet.shortUntilMs = world.clock.nowMs + random.next() * 3 * MINUTE_MS;
    return true;
  },
} as const satisfies Record<string, Inflict>;

export type FaultKind = keyof typeof FAULTS;

export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[];

/** The kinds that happen more often than the others. */
const WEIGHTS: Partial<Record<FaultKind, number>> = { kill: 2, notice: 2, freeze: 2 };

/** Reruns are drawn from a stream of their own, so that the other faults of a seed are those from before there were reruns. */
const DRAWN = FAULT_KINDS.filter((kind) => kind !== 'rerun').flatMap((kind) =>
  Array.from({ length: WEIGHTS[kind] ?? 1 }, () => kind),
);
const FIRST_RERUN = 1_000;

export interface Fault {
  readonly number: number;
  readonly kind: FaultKind;
  readonly atMs: number;
}

/** The faults of a seed, in order of time. */
export function faultsOf(
  random: Random,
  { faults, chaosMs }: { readonly faults: number; readonly chaosMs: number },
): readonly Fault[] {
  const drawn = Array.from({ length: faults }, (_, number): Fault => {
    const own = random.fork(`when ${number}`);
    return { number, atMs: Math.floor(own.next() * chaosMs), kind: own.pick(DRAWN) as FaultKind };
  });
  const own = random.fork('reruns');
  const reruns = Array.from({ length: faults === 0 ? 0 : own.pick([0, 0, 1, 3]) }, (_, at): Fault => ({
    number: FIRST_RERUN + at,
    atMs: Math.floor(own.next() * chaosMs),
    kind: 'rerun',
  }));
  return [...drawn, ...reruns].sort((a, b) => a.atMs - b.atMs);
}

export function scheduleFaults(world: World, faults: readonly Fault[]): void {
  for (const { number, kind, atMs } of faults) {
    world.clock.after(atMs, undefined, () => {
      if (FAULTS[kind](world, world.random.fork(`fault ${number}`))) world.fault(kind);
    });
  }
}

/** Every fault is over: services answer, and nobody stands still. */
export function stopFaults(world: World): void {
  world.isNoisy = false;
  world.outages.clear();
  world.fleet.shortUntilMs = 0;
  for (const process of [
    ...world.controllers,
    ...world.submits,
    ...world.fleet.live.map((instance) => instance.process),
  ]) {
    process.frozenUntilMs = 0;
    process.cutOffUntilMs = 0;
  }
  world.clock.thaw();
}

/** A process that is frozen already stands still until the later of the two times. */
function freeze({ clock }: World, process: SimulatedProcess, ms: number): void {
  process.frozenUntilMs = Math.max(process.frozenUntilMs, clock.nowMs + ms);
}

function onRunning(world: World, random: Random, act: (instance: SimulatedInstance) => void): boolean {
  const instance = random.pick(world.fleet.running);
  if (instance !== undefined) act(instance);
  return instance !== undefined;
}
