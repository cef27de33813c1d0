/**
 * Bounds the bytes that are held at once (R11), first come, first served. A request larger than the whole budget waits
 * until nothing else is held, and then passes, because a batch that is too large must fail by itself instead of waiting
 * for ever.
 *
 * Invariant: A waiter holds nothing that only it can give back, so that everyone gets a turn (batch-flow.ts).
 */
export class ByteBudget {
  #used = 0;
  readonly #waiting: { readonly bytes: number; readonly grant: () => void }[] = [];

  readonly #totalBytes: number;

  constructor(totalBytes: number) {
    this.#totalBytes = totalBytes;
  }

  /** A request for bytes waits, or would have to wait. */
  get isSpent(): boolean {
    return this.#waiting.length > 0 || this.#used >= this.#totalBytes;
  }

  get usedBytes(): number {
    return this.#used;
  }

  /** Waits for the bytes. The returned function gives them back. */
  async take(bytes: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal.reason as Error);
        this.#next();
      };
      const waiter = {
        bytes,
        grant: () => {
          signal.removeEventListener('abort', abort);
          resolve();
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.push(waiter);
      this.#next();
    });
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#used -= bytes;
      this.#next();
    };
  }

  /**
   * Counts bytes that are held already, even beyond the budget, so that others wait longer. A negative number gives
   * bytes back.
   */
  charge(bytes: number): void {
    this.#used += bytes;
    if (bytes < 0) this.#next();
  }

  #next(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (this.#used > 0 && this.#used + first.bytes > this.#totalBytes) return;
      this.#waiting.shift();
      this.#used += first.bytes;
      first.grant();
    }
  }
}
