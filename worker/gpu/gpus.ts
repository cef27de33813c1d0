/**
 * The instance's GPUs. They are found once, at the worker's start. Afterwards they are read only while somebody asks,
 * at most every few seconds, and nobody waits for a reading.
 */
import type { GpuBounds } from '../../core/batch/gpu-shape.js';
import type { GpuStatus } from '../../core/contract/fleet-state.js';
import { couldNot } from '../could-not.js';
import type { Clock, EventSink } from '../ports.js';
import type { GpuReading } from './nvidia-smi.js';

export interface GpuReadings {
  readonly atMs: number;
  readonly gpus: readonly GpuReading[];
}

/** A reading costs a process. */
const READ_EVERY_MS = 2_000;
/** Each new status is a write to the bucket. */
const STATUS_EVERY_MS = 30_000;
const MIB = 1024 * 1024;

export interface GpusOptions {
  readonly clock: Clock;
  readonly events: EventSink;
  readonly read: () => Promise<readonly GpuReading[]>;
}

export class Gpus {
  #latest: GpuReadings;
  #status: GpuReadings;
  #reading = false;
  #hasFailed = false;

  readonly #options: GpusOptions;

  private constructor(options: GpusOptions, first: GpuReadings) {
    this.#options = options;
    this.#latest = first;
    this.#status = first;
  }

  /** An instance whose GPUs cannot be read is used as one without, and an event says so. */
  static async find(options: GpusOptions): Promise<Gpus> {
    const gpus = await options.read().catch((error: unknown) => {
      report(options, error, 'this instance is used as one without GPUs');
      return [];
    });
    return new Gpus(options, { atMs: options.clock.nowMs(), gpus });
  }

  /** The indexes of the GPUs. */
  get names(): readonly string[] {
    return this.#latest.gpus.map(({ index }) => index);
  }

  /** Undefined on an instance without GPUs. */
  get bounds(): GpuBounds | undefined {
    const { gpus } = this.#latest;
    if (gpus.length === 0) return undefined;
    return { count: gpus.length, memoryBytes: Math.min(...gpus.map(({ memoryBytes }) => memoryBytes)) };
  }

  /** The last reading. A new one is begun when it is old. */
  look(): GpuReadings {
    if (this.#isOlderThan(READ_EVERY_MS, this.#latest)) void this.#read();
    return this.#latest;
  }

  /** The figures for the worker's status; undefined on an instance without GPUs. */
  get status(): readonly GpuStatus[] | undefined {
    if (this.#latest.gpus.length === 0) return undefined;
    if (this.#isOlderThan(STATUS_EVERY_MS, this.#status)) {
      const latest = this.look();
      if (!this.#isOlderThan(STATUS_EVERY_MS, latest)) this.#status = latest;
    }
    return this.#status.gpus.map(({ name, memoryBytes, usedBytes, use }) => ({
      name,
      memoryMib: Math.round(memoryBytes / MIB),
      usedMib: Math.round(usedBytes / MIB),
      ...(use === undefined ? {} : { use }),
    }));
  }

  #isOlderThan(ms: number, { atMs }: GpuReadings): boolean {
    return this.#options.clock.nowMs() - atMs >= ms;
  }

  async #read(): Promise<void> {
    if (this.#reading || this.#latest.gpus.length === 0) return;
    this.#reading = true;
    const { clock, read } = this.#options;
    const atMs = clock.nowMs();
    try {
      const gpus = await read();
      // A GPU that the driver has lost shows in the models' errors; the slots keep the others.
      if (gpus.length === this.#latest.gpus.length) this.#latest = { atMs, gpus };
    } catch (error) {
      if (!this.#hasFailed) report(this.#options, error, 'the last figures stay');
      this.#hasFailed = true;
    } finally {
      this.#reading = false;
    }
  }
}

function report({ events }: GpusOptions, error: unknown, next: string): void {
  events.emit({
    code: 'trouble',
    doing: 'reading the GPUs',
    message: couldNot('read the GPUs (nvidia-smi)', error, next),
  });
}
