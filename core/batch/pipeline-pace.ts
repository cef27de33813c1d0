/** Measures the times of a worker's pipeline, by which core/batch/lease-ahead.ts decides. */

/** The number is small enough to follow a change, and large enough to make one slow request harmless. */
const RECEIVES_REMEMBERED = 8;
/** Fetch times may rise at once (S3 slows down), so a rise has more weight than a fall. */
const RISING_WEIGHT = 0.5;
const FALLING_WEIGHT = 0.1;
const NEWEST_WEIGHT = 0.25;
/** The lead before anything is measured: the usual time of a receive and a small object within a region. */
const FIRST_LEAD_MS = 100;

export class PipelinePace {
  #msPerBatch: number | undefined;
  #itemsPerBatch: number | undefined;
  #fetchMs: number | undefined;
  #receives: number[] = [];

  /** Takes the time of a poll that brought a batch. The poll may have waited for it, so the quickest of the last polls is the measure. */
  received(elapsedMs: number): void {
    this.#receives = [...this.#receives, elapsedMs].slice(-RECEIVES_REMEMBERED);
  }

  fetched(elapsedMs: number): void {
    const before = this.#fetchMs ?? elapsedMs;
    const weight = elapsedMs > before ? RISING_WEIGHT : FALLING_WEIGHT;
    this.#fetchMs = before + (elapsedMs - before) * weight;
  }

  /** Takes the time of a batch of so many items in one slot. */
  computed(elapsedMs: number, items: number): void {
    this.#itemsPerBatch = items;
    const before = this.#msPerBatch ?? elapsedMs;
    this.#msPerBatch = before + (elapsedMs - before) * NEWEST_WEIGHT;
  }

  /** Forgets the time of batches: after a pause, other batches may come. */
  forgetBatches(): void {
    this.#msPerBatch = undefined;
    this.#itemsPerBatch = undefined;
  }

  /** The time of one batch in one slot; undefined before the first has ended. */
  get msPerBatch(): number | undefined {
    return this.#msPerBatch;
  }

  /** The number of items of the last batch that was computed. */
  get itemsPerBatch(): number | undefined {
    return this.#itemsPerBatch;
  }

  get leadMs(): number {
    if (this.#fetchMs === undefined) return FIRST_LEAD_MS;
    return this.#fetchMs + (this.#receives.length === 0 ? 0 : Math.min(...this.#receives));
  }
}
