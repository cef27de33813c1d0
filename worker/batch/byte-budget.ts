/**
 * Bounds the bytes that are held at once (R11), first come first served. What alone is larger than the whole budget waits until
 * nothing else is held, and then passes: a batch that is too large must fail by itself, not wait for ever.
 *
 * Invariant: whoever waits holds nothing that only they can give back, so that everyone gets a turn (batch-flow.ts).
 */
export class ByteBudget {
  #used = 0;
  readonly #waiting: { readonly bytes: number; readonly grant: () => void }[] = [];

  readonly #totalBytes: number;

  constructor(totalBytes: number) {
    this.#totalBytes = totalBytes;
  }

  /** Somebody waits for bytes, or would have to. */
  get isSpent(): boolean {
    return this.#waiting.length > 0 || this.#used >= this.#totalBytes;
  }

  get usedBytes(): number {
    return this.#used;
  }

  /** Resolves with what gives the bytes back. */
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

  /** What is there already counts, also past the budget: others wait the longer. Negative gives back. */
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
