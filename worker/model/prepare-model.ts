/**
 * Prepares models on this instance: each is fetched, checked, unpacked and set up once, however many batches ask for
 * it.
 *
 * Invariants:
 * - A directory belongs to one (digest, setup) pair. It appears complete, by a rename, and `<directory>.ready` appears
 *   after its setup has succeeded. A directory without that file is made again.
 * - Setup runs in the model's final directory, because virtual environments hold absolute paths.
 * - Simultaneous calls share one preparation. It is aborted when all of them are. A failure is not kept.
 */
import { createHash } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errorText } from '../../core/error-text.js';
import type { ModelSpec } from '../../core/contract/job.js';
import { modelBundleKey } from '../../core/contract/keys.js';
import { couldNot } from '../could-not.js';
import type { Clock, ObjectStore, SecretReader } from '../ports.js';
import { systemClock } from '../system-clock.js';
import type { PreparedModel } from '../slot/slot.js';
import { childEnvironment } from '../process/child-environment.js';
import { hiderOf, type Secrets } from '../process/hide-secrets.js';
import { fetchBundle } from './fetch-bundle.js';
import type { UnablePhase } from './prepared-models.js';
import { readSecrets } from './read-secrets.js';
import { runSetup, SETUP_TIMEOUT_MS } from './setup.js';
import { SharedWork } from './shared-work.js';

/**
 * The retries never end, and the SDK's own come on top of each. An outage is no fault of the model or of the instance,
 * and would strike three instances alike.
 */
const FETCH_PAUSES = { firstPauseMs: 1_000, lastPauseMs: 32_000, endless: true };

export interface PrepareModelOptions {
  readonly store: Pick<ObjectStore, 'stream'>;
  readonly spec: ModelSpec;
  readonly options: PreparedModel['options'];
  readonly secretReader: SecretReader;
  /** The directory in which this instance keeps its models. */
  readonly directory: string;
  /** Receives the lines that setup prints. */
  readonly onLog: (line: string) => void;
  /** Receives a sentence about something that could not be fetched or read yet and is retried. */
  readonly onTrouble: (doing: string, message: string) => void;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  readonly setupTimeoutMs?: number;
  readonly workerEnv?: Readonly<Record<string, string | undefined>>;
}

export interface UnableToPrepare {
  readonly unable: { readonly phase: Exclude<UnablePhase, 'load'>; readonly message: string };
}

const preparations = new SharedWork<UnableToPrepare | undefined>();

/** Rejects only when `signal` aborts. */
export async function prepareModel(options: PrepareModelOptions): Promise<PreparedModel | UnableToPrepare> {
  const { spec } = options;
  let secrets: Secrets;
  try {
    secrets = await readSecrets(options.options.secrets ?? {}, options.secretReader, {
      ...FETCH_PAUSES,
      clock: options.clock ?? systemClock,
      signal: options.signal,
      onTrouble: (message) => options.onTrouble('reading secrets', message),
    });
  } catch (error) {
    options.signal.throwIfAborted();
    return unable('setup', errorText(error));
  }
  const directory = path.resolve(options.directory, `${spec.digest}-${hashOf([spec.setup ?? '']).slice(0, 8)}`);
  const failure = await preparations.run(directory, options.signal, async (signal) => {
    if (await exists(`${directory}.ready`)) return undefined;
    return (await fetchInto(directory, options, signal)) ?? (await setUp(directory, options, secrets, signal));
  });
  if (failure !== undefined) return failure;
  return { modelKey: modelKeyOf(spec, options.options), spec, directory, options: options.options, secrets };
}

/** Models with the same key share a loaded slot. */
function modelKeyOf(spec: ModelSpec, { env, secrets = {}, nan }: PreparedModel['options']): string {
  const [variables, arns] = [env, secrets].map((one) => Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
  return hashOf([spec.digest, spec.start, spec.setup ?? '', variables, arns, nan]);
}

async function fetchInto(
  directory: string,
  options: PrepareModelOptions,
  signal: AbortSignal,
): Promise<UnableToPrepare | undefined> {
  const { spec } = options;
  const key = modelBundleKey(spec.digest);
  const onTrouble = (error: unknown, pauseMs: number): void =>
    options.onTrouble(
      'fetching a model',
      couldNot(`fetch the model ${spec.name}`, error, `retrying in ${pauseMs / 1000} s`),
    );
  try {
    const { store, clock = systemClock } = options;
    await fetchBundle({ store, key, digest: spec.digest, directory, clock, onTrouble, signal });
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return unable('fetch', `The model ${spec.name} could not be fetched from ${key}: ${errorText(error)}`);
  }
}

async function setUp(
  directory: string,
  options: PrepareModelOptions,
  secrets: Secrets,
  signal: AbortSignal,
): Promise<UnableToPrepare | undefined> {
  if (options.spec.setup !== undefined) {
    const failure = await runSetup({
      command: options.spec.setup,
      directory,
      env: childEnvironment({ ...options.options.env, ...secrets }, options.workerEnv),
      hide: hiderOf(secrets),
      timeoutMs: options.setupTimeoutMs ?? SETUP_TIMEOUT_MS,
      clock: options.clock ?? systemClock,
      onLog: options.onLog,
      signal,
    });
    if (failure !== undefined) return unable('setup', failure);
  }
  await writeFile(`${directory}.ready`, '');
  return undefined;
}

const unable = (phase: UnableToPrepare['unable']['phase'], message: string): UnableToPrepare => ({
  unable: { phase, message },
});

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
