/** Measures slices, processor time and memory of a slot, from the sums that the slot keeps. */
import type { ProbeReport, ProbeSlice } from '../../core/probe/probe.js';
import type { SlotUsage } from '../slot/slot.js';

export type MeterSums = Pick<ProbeReport, 'slices' | 'busyMs' | 'memoryBytes'> & Pick<Partial<ProbeReport>, 'cpuMs'>;

export class SliceMeter {
  readonly #slices: ProbeSlice[] = [];
  #before: SlotUsage | undefined;
  #indexes: number[] = [];
  #memoryBytes = 0;
  #busyMs = 0;
  #cpuMs: number | undefined = 0;
  #isCold = true;

  readonly #usage: () => Promise<SlotUsage | undefined>;

  constructor(usage: () => Promise<SlotUsage | undefined>) {
    this.#usage = usage;
  }

  /** Call it when the slot has no item: before each slice, and after the last. */
  async note(): Promise<void> {
    const now = await this.#look();
    const before = this.#before;
    this.#before = now;
    const indexes = this.#indexes;
    this.#indexes = [];
    if (now === undefined) return;
    if (before?.process !== now.process) {
      this.#isCold = true;
      return;
    }
    const items = now.answered - before.answered;
    if (items === 0) return;
    const ms = now.answeredAtBusyMs - before.answeredAtBusyMs;
    const [firstIndex = 0] = indexes;
    this.#slices.push({ items, ms, cold: this.#isCold, firstIndex, lastIndex: indexes.at(-1) ?? firstIndex });
    this.#isCold = false;
    this.#busyMs += now.busyMs - before.busyMs;
    this.#cpuMs = sumOf(this.#cpuMs, difference(now.cpuMs, before.cpuMs));
  }

  answered(indexes: readonly number[]): void {
    this.#indexes.push(...indexes);
  }

  /** Call it from time to time, because the memory may be highest within a slice. */
  async look(): Promise<void> {
    await this.#look();
  }

  async #look(): Promise<SlotUsage | undefined> {
    const now = await this.#usage();
    this.#memoryBytes = Math.max(this.#memoryBytes, now?.memoryBytes ?? 0);
    return now;
  }

  get sums(): MeterSums {
    const cpu = this.#cpuMs === undefined ? {} : { cpuMs: this.#cpuMs };
    return { slices: this.#slices, busyMs: this.#busyMs, memoryBytes: this.#memoryBytes, ...cpu };
  }
}

const sumOf = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a + b;

const difference = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a - b;
