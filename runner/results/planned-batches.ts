/** Reads from the job's plan which items each batch holds. It streams the plan, so it holds one line and one chunk in memory. */
import type { BatchLocation } from '../../core/contract/batch-message.js';
import { planKey } from '../../core/contract/keys.js';
import { ObjectMissing, type ObjectStore } from '../../core/contract/object-store.js';
import { decodePlanLine } from '../../core/dataset/plan.js';
import { linesOf } from '../controller/observe/lines.js';

export type PlannedItems = Pick<BatchLocation, 'firstIndex' | 'items'>;

export class PlannedBatches {
  readonly #lines: AsyncGenerator<string>;
  readonly #key: string;
  #batch = -1;
  /** The index at which the next batch must begin, because batches follow each other without a gap. */
  #nextIndex = 0;

  constructor(store: ObjectStore, job: string, signal: AbortSignal) {
    this.#key = planKey(job);
    this.#lines = linesOf(store.stream(this.#key, { signal }));
  }

  /** Batches must be asked for in rising order. */
  async itemsOf(batch: number): Promise<PlannedItems> {
    for (;;) {
      const { batch: found, ...items } = await this.#next();
      if (found === batch) return items;
    }
  }

  async close(): Promise<void> {
    await this.#lines.return(undefined);
  }

  async #next(): Promise<PlannedItems & { readonly batch: number }> {
    this.#batch += 1;
    const { firstIndex, items } = await this.#readLocation();
    this.#nextIndex = firstIndex + items;
    return { batch: this.#batch, firstIndex, items };
  }

  async #readLocation(): Promise<PlannedItems> {
    const line = await this.#readLine();
    if (line === undefined) throw this.#damaged('is incomplete');
    const location = decodePlanLine(line);
    const follows = location?.batch === this.#batch && location.firstIndex === this.#nextIndex;
    if (location === undefined || !follows) {
      throw this.#damaged(`is damaged: line ${this.#batch + 1} does not describe batch ${this.#batch}`);
    }
    return location;
  }

  async #readLine(): Promise<string | undefined> {
    try {
      const next = await this.#lines.next();
      return next.done === true ? undefined : next.value;
    } catch (error) {
      if (error instanceof ObjectMissing) throw this.#damaged('is missing');
      throw error;
    }
  }

  #damaged(what: string): Error {
    return new Error(`Cannot check the results: the job's plan ${this.#key} in the stack's bucket ${what}.`);
  }
}
