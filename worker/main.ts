/** The program that an instance runs. It only wires environment → clients → engine, and ends when the engine does. */
import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { definedFields } from '../core/defined-fields.js';
import { errorText } from '../core/error-text.js';
import { makeS3Client, makeSecretsManagerClient, makeSqsClient, makeSqsPollClient } from '../aws/clients.js';
import { Imds } from '../aws/instance-metadata.js';
import { S3ObjectStore } from '../aws/s3-object-store.js';
import { makeSecretReader } from '../aws/secrets.js';
import { SqsWorkQueue } from '../aws/sqs-work-queue.js';
import { SPOTPOOL_VERSION } from '../core/contract/version.js';
import { ConfigError, readConfig, type WorkerConfig } from './config.js';
import { Engine } from './engine/engine.js';
import type { EndReason } from './engine/engine-options.js';
import { PreparationLog } from './model/preparation-log.js';
import type { PrepareModel } from './model/prepared-models.js';
import { AliveFile } from './events/alive-file.js';
import { EventLog } from './events/event-log.js';
import { Journal } from './losses/journal.js';
import { LineWriter } from './events/line-writer.js';
import { Gpus } from './gpu/gpus.js';
import { readGpus } from './gpu/nvidia-smi.js';
import { StatusWriter, type StatusView } from './events/status-writer.js';
import { prepareModel } from './model/prepare-model.js';
import type { PrepareModelOptions } from './model/step.js';
import { createSlot } from './slot/process-slot.js';
import type { InstanceIdentity, InstanceMetadata } from './ports.js';
import { systemClock } from './system-clock.js';

/**
 * The heap may grow by this share of the live objects before a collection. By default V8 lets the lines of finished
 * batches grow to several times the live objects first, in memory that the models need.
 */
const HEAP_GROWTH = '--heap-growing-percent=30';
const EXIT_FAILED = 1;
const EXIT_MISUSE = 2;
/** The metadata is there as soon as an instance is. A network that restarts gets a little time. */
const IDENTITY_PATIENCE_MS = 30_000;
const IDENTITY_PAUSE_MS = 500;
/** The rest of the memory is for the system and the worker itself. */
const SLOTS_SHARE_OF_MEMORY = 0.8;
/** The time for the last events and the status is short, so that the worker ends promptly. */
const LAST_WRITES_MS = 2_000;
/**
 * A signal of a batch or of the worker has one listener for each request and child under way. Up to this number they
 * are no leak.
 */
const MAX_LISTENERS = 2_048;
const stdout = new LineWriter({
  write: (text) => process.stdout.write(text),
  waitingBytes: () => process.stdout.writableLength,
});

async function main(): Promise<number> {
  setFlagsFromString(HEAP_GROWTH);
  const config = readConfig(process.env);
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort(new Error(name)));
  const alive = new AliveFile({
    path: config.aliveFile,
    pid: process.pid,
    clock: systemClock,
    onTrouble: (error) => void process.stderr.write(`spotpool worker: no sign of life: ${errorText(error)}\n`),
  });
  alive.turned();
  const metadata = new Imds(config.metadataEndpoint);
  const identity = await identify(metadata, stop.signal);
  if (identity === undefined) return 0;
  const workDirectory = await makeWorkDirectory(config, identity);
  try {
    await work(config, metadata, identity, { workDirectory, alive }, stop.signal);
    return 0;
  } finally {
    alive.remove();
    await rm(workDirectory, { recursive: true, force: true });
  }
}

async function work(
  config: WorkerConfig,
  metadata: InstanceMetadata,
  identity: InstanceIdentity,
  { workDirectory, alive }: { readonly workDirectory: string; readonly alive: AliveFile },
  stop: AbortSignal,
): Promise<void> {
  const { instance, instanceType, zone } = identity;
  const clock = systemClock;
  const storeOf = storesOf(config);
  const store = storeOf(config.bucket);
  const log = new EventLog({ instance, store, clock, writeLine: (line) => stdout.write(line) });
  const events = new PreparationLog(log, clock);
  const ended = new AbortController();
  const trouble = (doing: string, error: unknown): void =>
    events.emit({ code: 'trouble', doing, message: `Trouble ${doing}: ${errorText(error)}` });
  process.on('unhandledRejection', (error) => trouble('in an unexpected place', error));
  const memoryBytes = Math.floor(totalmem() * SLOTS_SHARE_OF_MEMORY);
  const gpus = await Gpus.find({ clock, events, read: () => readGpus() });
  const journal = openJournal(workDirectory, stop, (error) => trouble('writing the journal', error));
  const engine = new Engine({
    ...config,
    instance,
    version: SPOTPOOL_VERSION,
    queue: new SqsWorkQueue({
      client: makeSqsClient(config),
      pollClient: makeSqsPollClient(config),
      queueUrl: config.queueUrl,
      onFailure: trouble,
    }),
    metadata,
    store,
    storeOf,
    clock,
    events,
    gpus,
    makeSlot: (slots, gpu) =>
      createSlot({
        clock,
        hostPath: hostPath(),
        gpu,
        memoryLimitBytes: () => Math.floor(memoryBytes / slots()),
      }),
    prepareModel: modelPreparer(config, { store, storeOf, events, directory: workDirectory, signal: ended.signal }),
    random: Math.random,
    newLeaseId: () => randomBytes(6).toString('hex'),
    cpus: Math.max(1, Math.floor(availableParallelism() / config.sharedBy)),
    memoryBytes: memoryBytes / config.sharedBy,
    workDirectory,
    journal,
    onTurn: () => {
      alive.turned();
      status.turned();
    },
  });
  const view = (): StatusView => ({ ...engine.status, ...events.view });
  const status = new StatusWriter({ identity, store, clock, events, view });
  const bootMs = Math.round(process.uptime() * 1000);
  events.booted(bootMs);
  const started = `A worker started on ${instance} (${instanceType} in ${zone}).`;
  events.emit({ code: 'worker-started', instanceType, zone, slots: engine.status.slots, bootMs, message: started });
  const writing = [log.run(ended.signal), status.run(ended.signal)];
  const reason = await engine.run(stop).finally(() => journal.close());
  const held = engine.leftBehind;
  events.emit({ code: 'worker-ended', reason, held, message: `${ENDED_BECAUSE[reason]}${leftText(held)}` });
  ended.abort();
  await Promise.all(writing);
  const last = AbortSignal.timeout(LAST_WRITES_MS);
  await Promise.allSettled([log.flush(last), status.write(last)]);
}

function leftText(held: number): string {
  if (held === 0) return '';
  return ` It left ${held} ${held === 1 ? 'batch' : 'batches'} behind; they are visible again when their leases run out.`;
}

/** A worker that was asked to end is no loss, whatever happens to it then. */
function openJournal(workDirectory: string, stop: AbortSignal, onTrouble: (error: unknown) => void): Journal {
  const journal = new Journal(workDirectory, onTrouble);
  stop.addEventListener('abort', () => journal.close());
  return journal;
}

/** All stores share one client, and so its connections. */
function storesOf(config: WorkerConfig): (bucket: string) => S3ObjectStore {
  const s3 = makeS3Client(config);
  return (bucket) => new S3ObjectStore(s3, bucket);
}

function modelPreparer(
  config: WorkerConfig,
  given: Pick<PrepareModelOptions, 'store' | 'storeOf' | 'directory' | 'signal'> & { readonly events: PreparationLog },
): PrepareModel {
  const { events, ...how } = given;
  const secretReader = makeSecretReader((region) => makeSecretsManagerClient({ ...config, region }));
  const python = definedFields({ python: config.python });
  return async ({ job, model, options }) => {
    const onLog = (line: string): void => events.emit({ code: 'model-log', stream: 'setup', job, message: line });
    const onTrouble = (doing: string, message: string): void => events.emit({ code: 'trouble', doing, job, message });
    const report = events.reportOf(job, model.name);
    const clock = systemClock;
    let isReady = false;
    try {
      const prepared = await prepareModel({
        ...how,
        ...python,
        secretReader,
        spec: model,
        options,
        onLog,
        onTrouble,
        report,
        clock,
      });
      isReady = true;
      return prepared;
    } finally {
      events.ended(job, model.name, isReady);
    }
  };
}

/** Returns undefined when the worker was stopped meanwhile. */
async function identify(metadata: InstanceMetadata, signal: AbortSignal): Promise<InstanceIdentity | undefined> {
  for (const startMs = systemClock.nowMs(); ;) {
    try {
      return await metadata.identity(signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (systemClock.nowMs() - startMs > IDENTITY_PATIENCE_MS) throw error;
    }
    await systemClock.sleep(IDENTITY_PAUSE_MS, signal).catch(() => undefined);
  }
}

/** Makes a directory for this process alone, because several workers may share a machine (a local cloud). */
async function makeWorkDirectory(config: WorkerConfig, { instance }: InstanceIdentity): Promise<string> {
  const parent = config.workDirectory ?? tmpdir();
  await mkdir(parent, { recursive: true });
  return mkdtemp(path.join(parent, `spotpool-${instance}-`));
}

/** The host is bundled beside the worker. When the worker runs from a build, the host is in the bundle's folder. */
function hostPath(): string {
  const beside = fileURLToPath(new URL('host.mjs', import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL('../bundle/host.mjs', import.meta.url));
}

const ENDED_BECAUSE: Readonly<Record<EndReason, string>> = {
  ticket: 'This worker ended: the fleet needs fewer instances, and it held no batch.',
  interruption: 'This worker ended: AWS took its instance.',
  idle: 'This worker ended: it was idle for its maximum idle time.',
  life: 'This worker ended: it reached its maximum life.',
  stopped: 'This worker ended: it was asked to stop.',
  outdated: 'This worker ended: a job needs a newer worker, which the replacement instance fetches.',
  'cut-off': 'This worker ended: neither its queue nor its bucket answered for as long as it may be idle.',
  unable: 'This worker ended: it could not use a model. Another instance can try.',
};

setMaxListeners(MAX_LISTENERS);
// The reader of the log may be gone (a journal that restarts); the work goes on.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`spotpool worker: ${errorText(error)}\n`);
  process.exitCode = error instanceof ConfigError ? EXIT_MISUSE : EXIT_FAILED;
}
stdout.flush();
// Kept-alive sockets must not keep an instance.
process.exit();
