/**
 * Measures what the slots of a job do while they have something to do, in windows for core/batch/slot-shape.ts. A
 * window adds up the differences between looks at each slot's process. Nothing counts while a slot is being loaded,
 * because loading takes cores and gives no answers.
 */
import type { ShapeWindow } from '../../core/batch/slot-shape.js';
import type { GpuReadings, Gpus } from '../gpu/gpus.js';
import type { Slot, SlotUsage } from './slot.js';

const EMPTY: ShapeWindow = { wallMs: 0, busyMs: 0, cpuMs: 0, items: 0, answeringMs: 0, slotMemoryBytes: 0 };

/** The sums of a window of GPU readings. */
interface GpuSums {
  readings: number;
  use: number;
  /** The number of readings that told the use. */
  told: number;
  slotMemoryBytes: number;
}

const noGpuSums = (): GpuSums => ({ readings: 0, use: 0, told: 0, slotMemoryBytes: 0 });

export class ShapeMeter {
  readonly #lastOf = new Map<Slot, SlotUsage | undefined>();
  readonly #computing = new Set<Slot>();
  #current = EMPTY;
  #toSkip = 0;
  #lookedAtMs: number | undefined;
  #gpuSums = noGpuSums();
  #lastReading: GpuReadings | undefined;

  readonly #gpus: Pick<Gpus, 'look'> | undefined;

  /** `gpus` is undefined on an instance without GPUs. */
  constructor(gpus: Pick<Gpus, 'look'> | undefined) {
    this.#gpus = gpus;
  }

  get window(): ShapeWindow {
    if (this.#gpus === undefined) return this.#current;
    const { readings, slotMemoryBytes, told, use } = this.#gpuSums;
    return { ...this.#current, gpu: { readings, slotMemoryBytes, use: told === 0 ? undefined : use / told } };
  }

  get isBusy(): boolean {
    return this.#computing.size > 0;
  }

  began(slot: Slot): void {
    this.#computing.add(slot);
    if (!this.#lastOf.has(slot)) this.#lastOf.set(slot, undefined);
  }

  ended(slot: Slot): void {
    this.#computing.delete(slot);
  }

  /** Continues after a rest, which does not count. */
  goOn(): void {
    this.#lookedAtMs = undefined;
  }

  /** Starts a new window after `skip` more answers. */
  startAnew(skip: number): void {
    this.#current = EMPTY;
    this.#gpuSums = noGpuSums();
    this.#toSkip = skip;
  }

  async look(nowMs: number): Promise<void> {
    const seen: (readonly [SlotUsage, SlotUsage])[] = [];
    let isLoading = false;
    for (const [slot, last] of [...this.#lastOf]) {
      const now = await slot.usage();
      if (now === undefined && this.#computing.has(slot)) isLoading = true;
      // The slot was closed, or is not loaded yet.
      if (now === undefined && !this.#computing.has(slot)) this.#lastOf.delete(slot);
      else this.#lastOf.set(slot, now);
      if (now !== undefined && last?.process === now.process) seen.push([last, now]);
    }
    const wallMs = nowMs - (this.#lookedAtMs ?? nowMs);
    this.#lookedAtMs = nowMs;
    const isCounted = !isLoading && this.#toSkip <= 0;
    if (this.#gpus !== undefined) this.#lookAtGpus(this.#gpus.look(), isCounted);
    if (isLoading) return;
    if (this.#toSkip > 0) {
      for (const [last, now] of seen) this.#toSkip -= now.answered - last.answered;
      return;
    }
    this.#current = { ...this.#current, wallMs: this.#current.wallMs + wallMs };
    for (const [last, now] of seen) this.#add(last, now);
  }

  #lookAtGpus(reading: GpuReadings, isCounted: boolean): void {
    const isNew = this.#lastReading !== undefined && reading.atMs > this.#lastReading.atMs;
    this.#lastReading = reading;
    if (!isNew || !isCounted) return;
    const slotsOn = new Map<string, number>();
    for (const [{ gpu }, usage] of this.#lastOf) {
      if (gpu !== undefined && usage !== undefined) slotsOn.set(gpu, (slotsOn.get(gpu) ?? 0) + 1);
    }
    const ours = reading.gpus.filter(({ index }) => slotsOn.has(index));
    const told = ours.flatMap(({ use }) => (use === undefined ? [] : [use]));
    const memory = ours.map(({ index, usedBytes }) => usedBytes / (slotsOn.get(index) ?? 1));
    const sums = this.#gpuSums;
    sums.readings += 1;
    sums.slotMemoryBytes = Math.max(sums.slotMemoryBytes, ...memory);
    if (told.length === 0) return;
    sums.told += 1;
    sums.use += told.reduce((sum, use) => sum + use, 0) / told.length;
  }

  #add(last: SlotUsage, now: SlotUsage): void {
    const current = this.#current;
    const measured = current.cpuMs !== undefined && now.cpuMs !== undefined && last.cpuMs !== undefined;
    this.#current = {
      ...current,
      busyMs: current.busyMs + now.busyMs - last.busyMs,
      // The sum may fall, because a thread that ended takes its waiting time with it.
      cpuMs: measured ? (current.cpuMs ?? 0) + Math.max(0, (now.cpuMs ?? 0) - (last.cpuMs ?? 0)) : undefined,
      items: current.items + now.answered - last.answered,
      answeringMs: current.answeringMs + now.answeredAtBusyMs - last.answeredAtBusyMs,
      slotMemoryBytes: Math.max(current.slotMemoryBytes, now.memoryBytes),
    };
  }
}
