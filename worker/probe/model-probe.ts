/**
 * Tries a model on the machine of whoever submits: it unpacks what would be shipped into an empty folder, and loads and
 * computes with the code of the worker. There is no queue, no bucket, no fleet and no lease.
 *
 * Invariant: When `run` has settled, nothing of the model is left: no process and no file.
 */
import { mkdir, mkdtemp, readdir, realpath, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { definedFields } from '../../core/defined-fields.js';
import { withLogEnd } from '../../core/contract/log-end.js';
import { ObjectRefused } from '../../core/contract/object-store.js';
import {
  type ModelProbe,
  PROBE_VARIABLE,
  type ProbeEvent,
  type ProbeFailure,
  type ProbeReport,
  type ProbeRequest,
} from '../../core/probe/probe.js';
import { LARGER_DISK } from '../model/disk-space.js';
import { SUBMIT_AGAIN } from '../model/fetch-weights-files.js';
import { preparationsEnded, prepareModel } from '../model/prepare-model.js';
import { ModelUnable } from '../model/prepared-models.js';
import type { Clock } from '../ports.js';
import { childEnvironment } from '../process/child-environment.js';
import type { PreparedModel } from '../slot/slot.js';
import { type FetchedItems, fetchItems } from './fetch-items.js';
import { inspectCommand } from './inspect-command.js';
import { inspectModule } from './inspect-module.js';
import { LogTail } from './log-tail.js';
import { compareAgain, ProbePass } from './probe-pass.js';

export interface ModelProbeOptions {
  readonly clock: Clock;
  /** The path of the bundled host of JavaScript models. */
  readonly hostPath: string;
  /** The folder with the host of Python models. By default it is found beside `hostPath`. */
  readonly pythonFolder?: string;
  /** The environment of the command. child-environment.ts says which part of it a model gets. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder for temporary files. */
  readonly temporary: string;
  /** All memory of this machine. */
  readonly memoryBytes: number;
}

/** Advice for an instance (a larger disk) does not help on this machine. */
const ROOM_HERE = 'Free some space, or set TMPDIR to a folder with more room';
const PREFIX = 'spotpool-try-';
/** The share that the slots of an instance may use. */
const SLOTS_SHARE_OF_MEMORY = 0.8;
/** A model that takes more and more memory must not take the machine of a person who works at it. */
const POLL_MS = 200;
/** A probe that was killed has left its folder behind. None takes so long. */
const OLD_FOLDER_MS = 24 * 3_600_000;

export function makeModelProbe(options: ModelProbeOptions): ModelProbe {
  return {
    run: async (request, onEvent, signal) => {
      signal.throwIfAborted();
      await removeOld(options);
      // A path through a link would not be the one that models and tracebacks name.
      const folder = await realpath(await mkdtemp(path.join(options.temporary, PREFIX)));
      try {
        return await new Probe(request, options, onEvent).run(folder, signal);
      } finally {
        await preparationsEnded(folder);
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

async function removeOld({ temporary, clock }: ModelProbeOptions): Promise<void> {
  const names = await readdir(temporary).catch(() => []);
  for (const name of names.filter((entry) => entry.startsWith(PREFIX))) {
    const folder = path.join(temporary, name);
    const changedAtMs = (await stat(folder).catch(() => undefined))?.mtimeMs ?? Infinity;
    if (clock.nowMs() - changedAtMs < OLD_FOLDER_MS) continue;
    // It may be another user's, who removes it with the next probe.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

class Probe {
  readonly #log = new LogTail();

  readonly #request: ProbeRequest;
  readonly #options: ModelProbeOptions;
  readonly #onEvent: (event: ProbeEvent) => void;

  constructor(request: ProbeRequest, options: ModelProbeOptions, onEvent: (event: ProbeEvent) => void) {
    this.#request = request;
    this.#options = options;
    this.#onEvent = onEvent;
  }

  async run(folder: string, signal: AbortSignal): Promise<ProbeReport> {
    const { clock } = this.#options;
    const startedAtMs = clock.nowMs();
    const env = await this.#environment(folder);
    const prepared = await this.#prepare(folder, env, signal);
    const prepareMs = clock.nowMs() - startedAtMs;
    if ('failure' in prepared) return this.#report(prepared.directory, prepareMs, [prepared.failure]);
    this.#onEvent({ kind: 'prepared', ms: prepareMs });
    const found = await inspectCommand(prepared, childEnvironment({}, env));
    if (found !== undefined) return this.#report(prepared.directory, prepareMs, [found]);
    const fetched = await fetchItems(this.#request, folder, {
      clock,
      signal,
      onTrouble: (message) => this.#trouble(message),
    });
    if (!('items' in fetched)) return this.#report(prepared.directory, prepareMs, [fetched]);
    return this.#compute(prepared, { ...fetched, env, prepareMs }, signal);
  }

  async #compute(
    model: PreparedModel,
    { items, failed, env, prepareMs }: FetchedItems & { readonly env: Environment; readonly prepareMs: number },
    signal: AbortSignal,
  ): Promise<ProbeReport> {
    const { clock, hostPath, pythonFolder } = this.#options;
    const pass = new ProbePass({
      ...this.#request,
      model,
      clock,
      slot: {
        clock,
        hostPath,
        workerEnv: env,
        memoryLimitBytes: () => this.#memoryLimitBytes,
        pollMs: POLL_MS,
        ...definedFields({ pythonFolder }),
      },
      log: this.#log,
      onEvent: this.#onEvent,
    });
    const done = await pass.run(items, signal);
    const failures = await this.#explained(model, done.failures, signal);
    const results = [...done.results, ...failed].toSorted((a, b) => a.index - b.index);
    const report = {
      ...this.#report(model.directory, prepareMs, failures),
      ...definedFields({ weights: model.weights }),
      ...done,
      failures,
      results,
    };
    if (!this.#request.twice || done.results.length === 0) return report;
    return { ...report, repeated: await compareAgain(pass, items, done.results, signal) };
  }

  /** A module that does not even parse is read again by Node.js, which then names the line. */
  async #explained(
    model: PreparedModel,
    failures: readonly ProbeFailure[],
    signal: AbortSignal,
  ): Promise<readonly ProbeFailure[]> {
    const [first, ...others] = failures;
    if (first?.phase !== 'load' || model.spec.start.kind !== 'module') return failures;
    const lines = await inspectModule(path.join(model.directory, model.spec.start.entry), signal);
    return lines.length === 0 ? failures : [{ ...first, log: [...lines, ...first.log] }, ...others];
  }

  #report(directory: string, prepareMs: number, failures: readonly ProbeFailure[]): ProbeReport {
    return {
      directory,
      prepareMs,
      failures,
      results: [],
      slices: [],
      busyMs: 0,
      memoryBytes: 0,
      memoryLimitBytes: this.#memoryLimitBytes,
      log: this.#log.lines,
    };
  }

  get #memoryLimitBytes(): number {
    return this.#request.memoryLimitBytes ?? Math.floor(this.#options.memoryBytes * SLOTS_SHARE_OF_MEMORY);
  }

  async #prepare(
    folder: string,
    env: Environment,
    signal: AbortSignal,
  ): Promise<PreparedModel | { readonly failure: ProbeFailure; readonly directory: string }> {
    const { spec, shipped, options, python, weightsOf = noObjects } = this.#request;
    const directory = path.join(folder, 'models');
    try {
      return await prepareModel({
        store: shipped,
        storeOf: weightsOf,
        spec,
        options: { ...options, env: { ...options.env, [PROBE_VARIABLE]: '1' } },
        // A secret is read with the role of an instance, so its value is not there.
        secretReader: { read: () => Promise.reject(new Error('A probe reads no secrets.')) },
        directory,
        onLog: (line) => {
          this.#log.add(line);
          this.#onEvent({ kind: 'log', line });
        },
        onTrouble: (_, message) => this.#trouble(message),
        signal,
        clock: this.#options.clock,
        workerEnv: env,
        ...definedFields({ python }),
      });
    } catch (error) {
      if (!(error instanceof ModelUnable)) throw error;
      const { phase, message } = error;
      const here = message.replace(LARGER_DISK, ROOM_HERE).replace(SUBMIT_AGAIN, 'Run the command again');
      return { failure: { phase, message: withLogEnd(here, []), log: this.#log.lines }, directory };
    }
  }

  #trouble(message: string): void {
    this.#log.add(message);
    this.#onEvent({ kind: 'trouble', message });
  }

  /** The model has its own temporary folder, and nothing of the user's environment but the way to programs. */
  async #environment(folder: string): Promise<Environment> {
    const temporary = path.join(folder, 'tmp');
    await mkdir(temporary, { recursive: true });
    const { PATH, HOME, LANG } = this.#options.env;
    return { PATH, HOME, LANG, TMPDIR: temporary };
  }
}

/** `retry` does not wait for what is refused. */
const noObjects = (bucket: string): never => {
  throw new ObjectRefused(`A try reads no weights from the bucket ${bucket}.`);
};

type Environment = Readonly<Record<string, string | undefined>>;
