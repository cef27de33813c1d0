/** The slots of all instances of a simulated pool, and the batches in them. A slot's number is its instance's number times the slots of an instance, plus its own. */

export class Slots {
  /** The batch in each slot; -1: it has none. */
  readonly batch: number[] = [];
  readonly beganMs: number[] = [];
  /** The time that the batch in the slot waits for its model. */
  readonly loadMs: number[] = [];
  /** The end of the batch in the slot. */
  readonly dueMs: number[] = [];
  readonly isLoaded: boolean[] = [];
  /** The number of batches in the slots of each instance. */
  readonly busyOf: number[] = [];
  readonly perInstance: number;
  #idle: number[] = [];
  #nextIdle = 0;

  constructor(perInstance: number) {
    this.perInstance = perInstance;
  }

  addInstance(): void {
    this.busyOf.push(0);
    for (let slot = 0; slot < this.perInstance; slot += 1) {
      this.batch.push(-1);
      this.beganMs.push(0);
      this.loadMs.push(0);
      this.dueMs.push(-1);
      this.isLoaded.push(false);
    }
  }

  instanceOf(slot: number): number {
    return Math.floor(slot / this.perInstance);
  }

  busyIn(instance: number): readonly number[] {
    const first = instance * this.perInstance;
    const busy: number[] = [];
    for (let slot = first; slot < first + this.perInstance; slot += 1)
      if ((this.batch[slot] ?? -1) >= 0) busy.push(slot);
    return busy;
  }

  begin(
    slot: number,
    batch: number,
    times: { readonly nowMs: number; readonly loadMs: number; readonly workMs: number },
  ): number {
    const dueMs = times.nowMs + times.loadMs + times.workMs;
    this.batch[slot] = batch;
    this.beganMs[slot] = times.nowMs;
    this.loadMs[slot] = times.loadMs;
    this.dueMs[slot] = dueMs;
    const instance = this.instanceOf(slot);
    this.busyOf[instance] = (this.busyOf[instance] ?? 0) + 1;
    return dueMs;
  }

  /** Takes the batch out of the slot. */
  clear(slot: number): number {
    const batch = this.batch[slot] ?? -1;
    this.batch[slot] = -1;
    this.dueMs[slot] = -1;
    const instance = this.instanceOf(slot);
    this.busyOf[instance] = (this.busyOf[instance] ?? 0) - 1;
    return batch;
  }

  offer(slot: number): void {
    this.#idle.push(slot);
  }

  /** Returns the slot that has been idle for longest, of an instance that may take work; -1 when there is none. */
  takeIdle(mayWork: (instance: number) => boolean): number {
    while (this.#nextIdle < this.#idle.length) {
      const slot = this.#idle[this.#nextIdle] ?? -1;
      this.#nextIdle += 1;
      if (mayWork(this.instanceOf(slot))) return slot;
    }
    this.#idle = [];
    this.#nextIdle = 0;
    return -1;
  }
}
