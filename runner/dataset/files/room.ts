/**
 * Bounds how many bytes of files are held at once, in the order in which they were asked for. A small file counts as `leastBytes`, so the
 * number of files is bounded, too.
 */
export interface RoomBounds {
  readonly bytes: number;
  readonly leastBytes: number;
}

export class Room {
  readonly #bounds: RoomBounds;
  #taken = 0;
  readonly #waiting: { readonly bytes: number; readonly enter: () => void }[] = [];

  constructor(bounds: RoomBounds) {
    this.#bounds = bounds;
  }

  /** Runs `work` when there is room. A file that is larger than the whole room is worked on alone. */
  async with<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    const counted = Math.min(this.#bounds.bytes, Math.max(this.#bounds.leastBytes, bytes));
    await this.#enter(counted);
    try {
      return await work();
    } finally {
      this.#taken -= counted;
      this.#letIn();
    }
  }

  async #enter(bytes: number): Promise<void> {
    if (this.#waiting.length === 0 && this.#taken + bytes <= this.#bounds.bytes) {
      this.#taken += bytes;
      return;
    }
    await new Promise<void>((enter) => this.#waiting.push({ bytes, enter }));
  }

  #letIn(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (this.#taken + first.bytes > this.#bounds.bytes) return;
      this.#taken += first.bytes;
      this.#waiting.shift();
      first.enter();
    }
  }
}
