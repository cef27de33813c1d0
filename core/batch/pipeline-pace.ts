/** What the parts of a worker's pipeline take, as measured: what core/batch/lease-ahead.ts decides by. */

/** Few enough to follow a change, enough that one slow request is no measure. */
const RECEIVES_REMEMBERED = 8;
/** Of times that may rise at once (S3 slows down) and are believed to fall slowly. */
const RISING_WEIGHT = 0.5;
const FALLING_WEIGHT = 0.1;
const NEWEST_WEIGHT = 0.25;
/** Before anything is measured: what a receive and a small object take in a region. */
const FIRST_LEAD_MS = 100;

/** What the pipeline's parts take, as measured. */
export class PipelinePace {
  #msPerBatch: number | undefined;
  #fetchMs: number | undefined;
  #receives: number[] = [];

  /** A poll that brought something; it may have waited for it, so the quickest of the last ones is the measure. */
  received(elapsedMs: number): void {
    this.#receives = [...this.#receives, elapsedMs].slice(-RECEIVES_REMEMBERED);
  }

  fetched(elapsedMs: number): void {
    const before = this.#fetchMs ?? elapsedMs;
    const weight = elapsedMs > before ? RISING_WEIGHT : FALLING_WEIGHT;
    this.#fetchMs = before + (elapsedMs - before) * weight;
  }

  computed(elapsedMs: number): void {
    const before = this.#msPerBatch ?? elapsedMs;
    this.#msPerBatch = before + (elapsedMs - before) * NEWEST_WEIGHT;
  }

  /** After a rest, what comes may be of another kind. */
  forgetBatches(): void {
    this.#msPerBatch = undefined;
  }

  /** Of one batch in one slot; undefined before the first has ended. */
  get msPerBatch(): number | undefined {
    return this.#msPerBatch;
  }

  get leadMs(): number {
    if (this.#fetchMs === undefined) return FIRST_LEAD_MS;
    return this.#fetchMs + (this.#receives.length === 0 ? 0 : Math.min(...this.#receives));
  }
}
