/**
 * Scenarios: situations that chance makes rarely, each on a quiet world with one thing wrong. `npm run simulate:faults -- --scenario NAME` runs one, and
 * simulation.test.ts runs them.
 */
import { startSubmit } from './actors/submit.js';
import { drawJob, type JobShape } from './jobs.js';
import { endOf } from './liveness.js';
import { soundBehaviour } from './models/behaviour.js';
import { Random } from './random.js';
import { CALM_SERVICES, type Settings } from './settings.js';
import type { SimulationOptions } from './simulate.js';
import type { SimulatedInstance } from './world/fleet.js';
import type { World } from './world/world.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** Nothing is lost, late or wrong, and no fault happens by chance. */
const QUIET: Partial<Settings> = {
  lossShare: 0,
  ...CALM_SERVICES,
  leaseSeconds: 20,
  maxWorkers: 3,
  maxIdleMs: 120 * SECOND_MS,
  faults: 0,
  controllers: [{ passMs: 2 * SECOND_MS }],
};

const OPTIONS = drawJob(new Random(1), []).options;

const job = (batches: number, itemsPerBatch: number, more: Partial<JobShape> = {}): JobShape => ({
  batches,
  itemsPerBatch,
  options: { ...OPTIONS, slots: 1 },
  behaviour: soundBehaviour({ msPerItem: 400 }),
  ...more,
});

/** A job must have ended by then. */
function mustEndWithin(world: World, name: string, ms: number): void {
  world.clock.after(ms, undefined, () => {
    if (endOf(world, { job: name }) === undefined)
      world.problem(`${name} had not ended after ${ms / MINUTE_MS} minutes`);
  });
}

/** By then its messages are in the queue again. The queue is not fair here, so when a worker gets them is left to chance. */
function mustBeSentAgainWithin(world: World, name: string, ms: number): void {
  world.clock.after(ms, undefined, () => {
    const isSent = [...world.queue.messages.values()].some(({ body }) => body.includes(`"job":"${name}"`));
    if (!isSent && endOf(world, { job: name }) === undefined)
      world.problem(`no batch of ${name} was sent again within ${ms / MINUTE_MS} minutes`);
  });
}

/** No more instances than this may have been started. */
function mostInstances(world: World, most: number, afterMs: number): void {
  world.clock.after(afterMs, undefined, () => {
    const { length } = world.fleet.instances;
    if (length > most)
      world.problem(`${length} instances were started in ${afterMs / MINUTE_MS} minutes, more than ${most}`);
  });
}

export type Scenario = Omit<SimulationOptions, 'seed'>;

const DIED_SENDING = 'died-sending';

export const SCENARIOS = {
  'an item kills its worker': {
    settings: { ...QUIET, chaosMs: MINUTE_MS },
    firstJob: job(2, 4, { behaviour: soundBehaviour({ msPerItem: 400, fates: new Map([[3, 'kills-worker']]) }) }),
    arrange: (world) => {
      mustEndWithin(world, 'job-0', 20 * MINUTE_MS);
      mostInstances(world, 12, 20 * MINUTE_MS);
    },
  },
  'an outage lasts longer than the maximum idle time': {
    // Three instances in a row never reach a service, so many as end a job whose instances do not come up.
    settings: { ...QUIET, maxWorkers: 1, maxIdleMs: MINUTE_MS, chaosMs: 11 * MINUTE_MS },
    firstJob: job(12, 12, { behaviour: soundBehaviour({ msPerItem: 3_000 }) }),
    arrange: (world) => {
      world.clock.after(2 * MINUTE_MS, undefined, () => outage(world, 8 * MINUTE_MS));
      mustEndWithin(world, 'job-0', 30 * MINUTE_MS);
    },
  },
  'the messages of a job are lost while another job keeps the queue busy': {
    settings: { ...QUIET, maxWorkers: 1, chaosMs: MINUTE_MS },
    firstJob: job(14, 4, { behaviour: soundBehaviour({ msPerItem: 9_000 }) }),
    arrange: (world) => {
      world.clock.after(30 * SECOND_MS, undefined, () => startSubmit(world, new Random(1), job(2, 2)));
      world.clock.after(40 * SECOND_MS, undefined, () => loseMessages(world, 'job-1'));
      mustBeSentAgainWithin(world, 'job-1', 7 * MINUTE_MS);
      mustEndWithin(world, 'job-1', 60 * MINUTE_MS);
    },
  },
  /** Until the submit is given again, no controller counts the messages: `sent.json` is behind. Then they are sent twice, and computed once. */
  'a submit dies when it has sent its messages and not counted them': {
    settings: { ...QUIET, chaosMs: 3 * MINUTE_MS },
    firstJob: job(8, 2),
    observers: [
      {
        onCall: (call, world) => {
          if (call.operation !== 'sqs.send' || world.counts.has(DIED_SENDING)) return;
          world.did(DIED_SENDING);
          call.process.kill();
        },
      },
    ],
    arrange: (world) => {
      mustEndWithin(world, 'job-0', 4 * MINUTE_MS);
      world.clock.after(4 * MINUTE_MS, undefined, () => {
        if (!world.counts.has(DIED_SENDING)) world.problem('no submit died while it sent');
      });
    },
  },
  'long batches meet a kill without a notice every few minutes': {
    settings: { ...QUIET, maxWorkers: 1, chaosMs: 20 * MINUTE_MS },
    firstJob: job(1, 20, { behaviour: soundBehaviour({ msPerItem: 20 * SECOND_MS }) }),
    arrange: (world) => {
      for (let atMs = 3 * MINUTE_MS; atMs < 20 * MINUTE_MS; atMs += 3 * MINUTE_MS) {
        world.clock.after(atMs, undefined, () => {
          for (const instance of world.fleet.running) world.fleet.end(instance, true);
        });
      }
      mustEndWithin(world, 'job-0', 20 * MINUTE_MS);
    },
  },
  'a model can be loaded nowhere': {
    settings: { ...QUIET, chaosMs: MINUTE_MS },
    firstJob: job(4, 4, { behaviour: soundBehaviour({ load: 'fails' }) }),
    arrange: (world) => {
      mustEndWithin(world, 'job-0', 15 * MINUTE_MS);
      mostInstances(world, 12, 15 * MINUTE_MS);
    },
  },
  'a notice comes in the middle of a long batch': {
    settings: { ...QUIET, maxWorkers: 1, chaosMs: 6 * MINUTE_MS },
    firstJob: job(1, 20, { behaviour: soundBehaviour({ msPerItem: 20 * SECOND_MS }) }),
    arrange: (world) => {
      world.clock.after(3 * MINUTE_MS, undefined, () => {
        for (const instance of world.fleet.running) noticeOf(world, instance, 2 * MINUTE_MS);
      });
      mustEndWithin(world, 'job-0', 20 * MINUTE_MS);
    },
  },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;

export const isScenario = (name: string): name is ScenarioName => name in SCENARIOS;

/** AWS announces that it takes the instance, and does so. */
function noticeOf(world: World, instance: SimulatedInstance, leftMs: number): void {
  instance.notices.push({ kind: 'interruption', takesAtMs: instance.process.clock.nowMs() + leftMs });
  world.clock.after(leftMs, undefined, () => world.fleet.end(instance, true));
}

/** Nothing that an instance sends reaches S3 or SQS for so long. Controllers are elsewhere. */
function outage(world: World, ms: number): void {
  const untilMs = world.clock.nowMs + ms;
  const cutOff = (): void => {
    for (const { process } of world.fleet.live) process.cutOffUntilMs = untilMs;
    if (world.clock.nowMs < untilMs) world.clock.after(SECOND_MS, undefined, cutOff);
  };
  cutOff();
}

/** Takes away every message of the job. */
function loseMessages(world: World, name: string): void {
  for (const message of [...world.queue.messages.values()]) {
    if (message.body.includes(`"job":"${name}"`)) world.queue.lose(message);
  }
}
