/**
 * What the slots of a job do while they have something to do, as windows for core/slot-shape.ts: sums of the differences between looks
 * at each slot's process.
 */
import type { ShapeWindow } from '../../core/slot-shape.js';
import type { BatchComputer, SlotUsage } from '../model/batch-computer.js';

const EMPTY: ShapeWindow = { busyMs: 0, cpuMs: 0, items: 0, slotMemoryBytes: 0 };

export class ShapeMeter {
  private readonly lastOf = new Map<BatchComputer, SlotUsage | undefined>();
  private readonly computing = new Set<BatchComputer>();
  private current = EMPTY;
  private toSkip = 0;

  get window(): ShapeWindow {
    return this.current;
  }

  get isBusy(): boolean {
    return this.computing.size > 0;
  }

  began(computer: BatchComputer): void {
    this.computing.add(computer);
    if (!this.lastOf.has(computer)) this.lastOf.set(computer, undefined);
  }

  ended(computer: BatchComputer): void {
    this.computing.delete(computer);
  }

  /** Forgets what was seen; `skip` answers are passed over before a new window begins. */
  startAnew(skip: number): void {
    this.current = EMPTY;
    this.toSkip = skip;
  }

  async look(): Promise<void> {
    for (const [computer, last] of [...this.lastOf]) {
      const now = await computer.usage();
      // Closed, or not loaded yet.
      if (now === undefined && !this.computing.has(computer)) this.lastOf.delete(computer);
      else this.lastOf.set(computer, now);
      if (now !== undefined && last?.process === now.process) this.add(last, now);
    }
  }

  private add(last: SlotUsage, now: SlotUsage): void {
    const items = now.answered - last.answered;
    if (this.toSkip > 0) {
      this.toSkip -= items;
      return;
    }
    const { current } = this;
    const measured = current.cpuMs !== undefined && now.cpuMs !== undefined && last.cpuMs !== undefined;
    this.current = {
      busyMs: current.busyMs + now.busyMs - last.busyMs,
      // A thread that ended takes what it had waited with it.
      cpuMs: measured ? (current.cpuMs ?? 0) + Math.max(0, (now.cpuMs ?? 0) - (last.cpuMs ?? 0)) : undefined,
      items: current.items + items,
      slotMemoryBytes: Math.max(current.slotMemoryBytes, now.memoryBytes),
    };
  }
}
