/** The worker of one instance: the real engine, event log, status and slots, wired as worker/main.ts wires them. */
import { SPOTPOOL_VERSION } from '../../../core/contract/version.js';
import { within } from '../../../core/within.js';
import { Engine } from '../../../worker/engine/engine.js';
import { EventLog } from '../../../worker/events/event-log.js';
import { StatusWriter } from '../../../worker/events/status-writer.js';
import { createSlot } from '../../../worker/slot/process-slot.js';
import type { ModelBehaviour } from '../models/behaviour.js';
import { sayLastWords, SimulatedJournal } from './last-words.js';
import { startSimulatedModel } from '../models/simulated-model.js';
import type { SimulatedInstance } from '../world/fleet.js';
import { CallFailed } from '../world/network.js';
import type { World } from '../world/world.js';

const MAX_LIFE_MS = 24 * 3_600_000;
const LAST_WRITES_MS = 2_000;
const CPUS = 2;
const MEMORY_BYTES = 8 * 1024 ** 3;
/** The script that ends the instance waits so long for the last words (worker/last-words.ts). */
const LAST_WORDS_MS = 10_000;
const SHUTDOWN_MOST_MS = 10_000;

export function bootWorker(world: World, instance: SimulatedInstance): void {
  run(world, instance).then(
    (reason) => {
      world.did(`ended-${reason}`);
      const { random } = instance.process;
      world.clock.after(random.next() * SHUTDOWN_MOST_MS, undefined, () => world.fleet.end(instance, false));
    },
    (error: unknown) => {
      if (!world.isOver) world.problem(`The worker of ${instance.id} threw: ${textOf(error)}`);
    },
  );
}

async function run(world: World, instance: SimulatedInstance): Promise<string> {
  const { id, process } = instance;
  const { clock } = process;
  const identity = { instance: id, instanceType: 'c7g.large', zone: 'us-east-1a', region: 'us-east-1' };
  const store = world.bucket.storeFor(process);
  const log = new EventLog({ instance: id, store, clock, writeLine: () => undefined });
  const events: Pick<EventLog, 'emit'> = {
    emit: (event) => {
      world.tellEvent(process, event);
      log.emit(event);
    },
  };
  const { leaseSeconds, maxIdleMs } = world.settings;
  let leases = 0;
  const journal = new SimulatedJournal();
  instance.stop.signal.addEventListener('abort', () => journal.close());
  const start = startSimulatedModel({
    clock,
    random: process.random.fork('models').next,
    behaviour: ({ argv }) => behaviourOf(world, argv),
    onAnswered: ({ argv }, index) => world.answered(process, argv[1] ?? '', index),
    killWorker: () => {
      world.fault('worker-killed-by-model');
      killWorker(world, instance, journal);
    },
  });
  const engine = new Engine({
    instance: id,
    version: SPOTPOOL_VERSION,
    queue: world.queue.queueFor(process),
    metadata: {
      identity: async () => identity,
      notices: async () => {
        if (world.lossOf('metadata', process) !== undefined) throw new CallFailed('metadata: nobody answered');
        const notices = [...instance.notices];
        if (notices.length > 0) world.tell(process, { operation: 'metadata.notices', notices }, world.clock.nowMs);
        return notices;
      },
    },
    store,
    storeOf: () => store,
    clock,
    events,
    makeSlot: (slots) =>
      createSlot({
        clock,
        start,
        hostPath: '/nowhere/host.mjs',
        pythonFolder: '/nowhere',
        memoryLimitBytes: () => Math.floor(MEMORY_BYTES / slots()),
        workerEnv: {},
      }),
    prepareModel: async ({ model, options }) => ({
      modelKey: model.digest,
      spec: model,
      directory: '/nowhere',
      options,
    }),
    random: process.random.next,
    newLeaseId: () => `l${leases++}`,
    cpus: CPUS,
    memoryBytes: MEMORY_BYTES,
    leaseSeconds,
    maxIdleMs,
    maxLifeMs: MAX_LIFE_MS,
    workDirectory: '/nowhere',
    journal,
    onTurn: () => status.turned(),
  });
  instance.phase = () => engine.status.phase;
  const status = new StatusWriter({ identity, store, clock, events, view: () => engine.status });
  events.emit({
    code: 'worker-started',
    instanceType: identity.instanceType,
    zone: identity.zone,
    slots: engine.status.slots,
    bootMs: 0,
    message: `A worker started on ${id}.`,
  });
  const ended = new AbortController();
  const writing = [log.run(ended.signal), status.run(ended.signal)];
  const reason = await engine.run(instance.stop.signal).finally(() => journal.close());
  if (reason === 'ticket' && engine.leftBehind > 0) {
    world.problem(`${id} left ${engine.leftBehind} batches behind with a ticket (R6).`);
  }
  events.emit({ code: 'worker-ended', reason, held: engine.leftBehind, message: `This worker ended: ${reason}.` });
  ended.abort();
  await Promise.all(writing);
  const last = (write: (signal: AbortSignal) => Promise<void>): Promise<void> =>
    within(clock, LAST_WRITES_MS, undefined, write);
  await Promise.allSettled([last((signal) => log.flush(signal)), last((signal) => status.write(signal))]);
  return reason;
}

/** The model's command names its job, whose behaviour it has. */
function behaviourOf(world: World, argv: readonly string[]): ModelBehaviour {
  const found = world.jobs.find(({ job }) => job === argv[1]);
  if (found === undefined) throw new Error(`There is no model ${argv.join(' ')}.`);
  return found.behaviour;
}

/** The worker is dead, its instance is not: what outlives the worker marks the losses, and ends the instance. */
function killWorker(world: World, instance: SimulatedInstance, journal: SimulatedJournal): void {
  if (instance.process.isDead) return;
  instance.process.kill();
  const shutDown = (): void => world.fleet.end(instance, false);
  const { random } = instance.process;
  world.clock.after(LAST_WORDS_MS, undefined, shutDown);
  sayLastWords(world, instance, journal).then(
    () => world.clock.after(random.next() * SHUTDOWN_MOST_MS, undefined, shutDown),
    () => world.did('losses-not-marked'),
  );
}

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
