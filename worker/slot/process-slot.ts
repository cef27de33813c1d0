/**
 * A slot with real processes: the model that is loaded, or being loaded, and the batches that it computes one after
 * another. If the model allows it, the first slice of the next batch is sent ahead while a batch is computed.
 *
 * Invariants:
 * - There is at most one child process at a time: a new one is started only when the old one's group is gone.
 * - A failed load is reported once, to the batch that needed it. The next batch tries again.
 * - An aborted batch leaves the child alone while it is idle or loading, and ends it while it works.
 */
import { SlotMemory } from '../../core/batch/slot-memory.js';
import { SlicePace } from '../../core/batch/slice-size.js';
import { definedFields } from '../../core/defined-fields.js';
import type { Clock } from '../ports.js';
import type { BatchComputation, Slot, BatchWork, PreparedModel, SlotEvent, SlotUsage } from './slot.js';
import { BatchRun, type LoadResult } from './batch-run.js';
import { gpuEnvironment } from '../gpu/gpu-environment.js';
import { childEnvironment, NAN_VARIABLE } from '../process/child-environment.js';
import { FILTER_ARGUMENT } from '../process/host-channel.js';
import { hiderOf } from '../process/hide-secrets.js';
import type { StartProcess } from '../process/line-process.js';
import { ProcessGroup } from '../process/process-group.js';
import { pythonFolderBeside, pythonHostIn, pythonPath } from './python-start.js';
import { LOAD_TIMEOUT_MS, POLL_MS, SlotProcess, type SlotItem } from './slot-process.js';

/**
 * The batch before was expected to be done within a quarter of a second. After this time the next batch looks for
 * another slot.
 */
const START_WITHIN_MS = 2_000;
/** Events from before a batch (the log of the load) are kept for it, up to this number. */
const MAX_KEPT_EVENTS = 500;

export interface SlotOptions {
  readonly clock: Clock;
  /** Starts a model's process; a process group of this machine when absent. */
  readonly start?: StartProcess;
  /** The path of the bundled host (`dist/bundle/host.mjs`), which runs JavaScript modules. */
  readonly hostPath: string;
  /** The folder with the host of Python models and with `spotpool_model`. By default it is found beside `hostPath`. */
  readonly pythonFolder?: string;
  /**
   * The limit of the resident memory of the slot's processes. Beyond it they are ended. It depends on how many slots
   * share the machine.
   */
  readonly memoryLimitBytes: () => number;
  /** The index of the GPU that the model sees. */
  readonly gpu?: string | undefined;
  readonly loadTimeoutMs?: number;
  readonly pollMs?: number;
  /** The worker's environment. child-environment.ts says which part of it a model gets. */
  readonly workerEnv?: Readonly<Record<string, string | undefined>>;
}

interface Current {
  readonly modelKey: string;
  readonly memory: SlotMemory<SlotItem>;
  readonly pace: SlicePace;
  loading: Promise<LoadResult>;
  process: SlotProcess | undefined;
  isLoaded: boolean;
  /** The most resident memory of the earlier processes. */
  mostMemoryBytes: number;
  /** The process was stopped; the model is loaded again when it is wanted. */
  stopped: boolean;
}

export function createSlot(options: SlotOptions): Slot {
  return new ProcessSlot(options);
}

class ProcessSlot implements Slot {
  #current: Current | undefined;
  #stopping: Promise<void> = Promise.resolve();
  #onEvent: ((event: SlotEvent) => void) | undefined;
  /** Settles when all batches that were given have ended. */
  #last: Promise<void> = Promise.resolve();
  readonly #keptEvents: SlotEvent[] = [];
  readonly #closing = new AbortController();

  readonly #options: SlotOptions;

  constructor(options: SlotOptions) {
    this.#options = options;
  }

  get modelKey(): string | undefined {
    return this.#current?.modelKey;
  }

  get gpu(): string | undefined {
    return this.#options.gpu;
  }

  get isLoading(): boolean {
    const current = this.#current;
    return current !== undefined && !current.stopped && !current.isLoaded;
  }

  get msPerItem(): number | undefined {
    return this.#current?.pace.msPerItem;
  }

  memoryOf(modelKey: string): number | undefined {
    const current = this.#current;
    if (current?.modelKey !== modelKey) return undefined;
    const bytes = Math.max(current.mostMemoryBytes, current.process?.mostMemoryBytes ?? 0);
    return bytes === 0 ? undefined : bytes;
  }

  async usage(): Promise<SlotUsage | undefined> {
    return this.#current?.process?.usage();
  }

  warm(model: PreparedModel): void {
    // A batch that is being computed has its model already.
    if (this.#onEvent === undefined && !this.#closing.signal.aborted) this.#ensure(model);
  }

  /** This method is not `async`, so that the caller learns of a batch's end before the next batch starts. */
  compute(work: BatchWork): Promise<BatchComputation> {
    const before = this.#last;
    const computation = this.#compute(work, before);
    // All batches count: the last one may be stopped while the one before it goes on.
    this.#last = Promise.allSettled([before, computation]).then(() => undefined);
    return computation;
  }

  async #compute(work: BatchWork, before: Promise<void>): Promise<BatchComputation> {
    const controller = new AbortController();
    const { signal } = controller;
    const abort = (): void => {
      controller.abort();
    };
    if (work.signal.aborted || this.#closing.signal.aborted) abort();
    work.signal.addEventListener('abort', abort);
    this.#closing.signal.addEventListener('abort', abort);
    const ahead = this.#sendAhead(work, signal);
    try {
      const isInTime = await this.#mayStart(before, signal);
      if (isInTime && !signal.aborted) return await this.#runBatch(work, signal, ahead);
      ahead?.dropAhead();
      return { kind: signal.aborted ? 'aborted' : 'late' };
    } finally {
      work.signal.removeEventListener('abort', abort);
      this.#closing.signal.removeEventListener('abort', abort);
    }
  }

  /** Resolves with false when the batch is aborted, or when the batches before it take too long. */
  async #mayStart(before: Promise<void>, signal: AbortSignal): Promise<boolean> {
    const waiting = new AbortController();
    const cut = AbortSignal.any([signal, waiting.signal]);
    const tooLate = this.#options.clock.sleep(START_WITHIN_MS, cut).then(
      () => false,
      () => false,
    );
    const mayStart = await Promise.race([tooLate, before.then(() => true)]);
    waiting.abort();
    return mayStart;
  }

  #sendAhead(work: BatchWork, signal: AbortSignal): BatchRun | undefined {
    const current = this.#current;
    const isAtWork = this.#onEvent !== undefined && current?.modelKey === work.model.modelKey;
    if (!isAtWork || !current.isLoaded || current.process === undefined || signal.aborted) return undefined;
    const run = this.#newRun(current, work, signal);
    run.sendAhead(current.process);
    return run;
  }

  async #runBatch(work: BatchWork, signal: AbortSignal, ahead: BatchRun | undefined): Promise<BatchComputation> {
    work.onStart?.();
    this.#onEvent = work.onEvent;
    for (const event of this.#keptEvents.splice(0)) work.onEvent(event);
    try {
      const current = this.#ensure(work.model);
      if (ahead?.isOf(current.memory) === true) return await ahead.run();
      ahead?.dropAhead();
      return await this.#newRun(current, work, signal).run();
    } finally {
      this.#onEvent = undefined;
    }
  }

  #newRun(current: Current, work: BatchWork, signal: AbortSignal): BatchRun {
    return new BatchRun({
      work,
      signal,
      clock: this.#options.clock,
      memory: current.memory,
      pace: current.pace,
      loaded: async () => this.#loaded(current),
      reload: async () => {
        this.#reload(current, work.model);
        return this.#loaded(current);
      },
      end: () => {
        this.#stop(current);
      },
      emit: (event) => {
        this.#emit(event);
      },
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#current !== undefined) this.#end(this.#current);
    await this.#stopping;
  }

  #emit(event: SlotEvent): void {
    if (this.#onEvent !== undefined) this.#onEvent(event);
    else if (this.#keptEvents.length < MAX_KEPT_EVENTS) this.#keptEvents.push(event);
  }

  /** Returns the model's state, and starts loading the model unless it is there and its process is alive. */
  #ensure(model: PreparedModel): Current {
    const before = this.#current;
    if (before?.modelKey === model.modelKey) {
      if (before.stopped || before.process?.isOver === true) this.#reload(before, model);
      return before;
    }
    if (before !== undefined) this.#end(before);
    const current: Current = {
      modelKey: model.modelKey,
      memory: new SlotMemory(),
      pace: new SlicePace(),
      loading: Promise.resolve({ kind: 'unable', message: '' }),
      process: undefined,
      isLoaded: false,
      mostMemoryBytes: 0,
      stopped: false,
    };
    this.#current = current;
    this.#load(current, model);
    return current;
  }

  #reload(current: Current, model: PreparedModel): void {
    this.#stop(current);
    current.memory.processReplaced();
    this.#load(current, model);
  }

  #load(current: Current, model: PreparedModel): void {
    current.stopped = false;
    current.loading = this.#stopping
      .then(async () => this.#start(current, model))
      // A command may fail to be spawned at all, such as one with a zero byte in an argument.
      .catch((error: unknown) => ({ kind: 'unable', message: `The model could not be started. ${String(error)}` }));
  }

  async #start(current: Current, model: PreparedModel): Promise<LoadResult> {
    const { clock } = this.#options;
    if (this.#closing.signal.aborted || this.#current !== current) {
      return { kind: 'unable', message: 'The slot was closed before its model was loaded.' };
    }
    const startedAtMs = clock.nowMs();
    const env = this.#environment(model);
    const argv = this.#argv(model);
    if (argv === undefined) return { kind: 'unable', message: noPython(model.spec.name) };
    const { loadTimeoutSeconds } = model.options;
    const loadTimeoutMs = loadTimeoutSeconds === undefined ? undefined : loadTimeoutSeconds * 1000;
    const child = new SlotProcess({
      start: this.#options.start ?? ((group) => new ProcessGroup(group)),
      argv,
      isHost: model.spec.start.kind !== 'command',
      cwd: model.directory,
      env,
      hide: hiderOf(model.secrets ?? {}),
      clock,
      memoryLimitBytes: this.#options.memoryLimitBytes,
      loadTimeoutMs: loadTimeoutMs ?? this.#options.loadTimeoutMs ?? LOAD_TIMEOUT_MS,
      onSlowLoad: (message) => {
        this.#emit({ kind: 'slow-load', message: `The model ${model.spec.name} is not loaded yet. ${message}` });
      },
      pollMs: this.#options.pollMs ?? POLL_MS,
      onLog: (line) => {
        this.#emit({ kind: 'log', line });
      },
      onModelEvent: (message) => {
        this.#emit({ kind: 'model', message });
      },
    });
    current.process = child;
    const load = await child.loaded;
    if (!load.ok) {
      await child.ended;
      return { kind: 'unable', message: `The model ${model.spec.name} could not be loaded. ${load.message}` };
    }
    this.#emit({ kind: 'ready', loadMs: clock.nowMs() - startedAtMs });
    // A process that was stopped while it loaded is no longer the current one. Whoever waits for the load sees its end.
    if (current.process === child) current.isLoaded = true;
    return { kind: 'loaded', process: child };
  }

  get #pythonFolder(): string {
    return this.#options.pythonFolder ?? pythonFolderBeside(this.#options.hostPath);
  }

  #environment(model: PreparedModel): Record<string, string> {
    const env = childEnvironment(
      { ...model.variables, ...gpuEnvironment(this.#options.gpu), ...model.options.env, ...model.secrets },
      this.#options.workerEnv,
    );
    return {
      ...env,
      PYTHONPATH: pythonPath(this.#pythonFolder, env['PYTHONPATH']),
      ...definedFields({ [NAN_VARIABLE]: model.options.nan }),
    };
  }

  /** Undefined when a Python model has no interpreter. */
  #argv({ spec: { start }, directory, python }: PreparedModel): readonly string[] | undefined {
    const { hostPath } = this.#options;
    switch (start.kind) {
      case 'module':
        return [process.execPath, hostPath, `${directory}/${start.entry}`];
      case 'python': {
        const name = start.name === undefined ? [] : [start.name];
        const host = pythonHostIn(this.#pythonFolder);
        return python === undefined ? undefined : [python, host, `${directory}/${start.entry}`, ...name];
      }
      case 'filter':
      case 'command':
        return start.kind === 'filter' ? [process.execPath, hostPath, FILTER_ARGUMENT, ...start.argv] : start.argv;
    }
  }

  async #loaded(current: Current): Promise<LoadResult> {
    const result = await current.loading;
    if (result.kind === 'unable' && this.#current === current) this.#current = undefined;
    return result;
  }

  #end(current: Current): void {
    if (this.#current === current) this.#current = undefined;
    this.#stop(current);
  }

  /** Ends the process, even one that is only about to be started. */
  #stop(current: Current): void {
    const { process: child } = current;
    current.stopped = true;
    current.process = undefined;
    current.isLoaded = false;
    current.mostMemoryBytes = Math.max(current.mostMemoryBytes, child?.mostMemoryBytes ?? 0);
    if (child !== undefined) this.#stopping = Promise.all([this.#stopping, child.stop()]).then(() => undefined);
  }
}

const noPython = (model: string): string =>
  `The model ${model} could not be loaded. It is a Python file, and this machine has no Python interpreter: none is configured (SPOTPOOL_PYTHON) ` +
  'and no python3 is on the PATH. Deploy the stack with the property python; on a machine of your own, install Python 3.9 or newer.';
