/** Reads from `input/origins.jsonl` which item of the parent each item of a rerun is. It streams the list, and holds one piece of it. */
import { originsKey } from '../../../core/contract/keys.js';
import { ObjectMissing, type ObjectStore } from '../../../core/contract/object-store.js';
import { decodeOrigin } from '../../../core/contract/rerun-mark.js';
import { LineReader } from '../joined/line-reader.js';

export class Origins {
  readonly #store: ObjectStore;
  readonly #job: string;
  readonly #reader: LineReader;
  /** The item whose line is next. */
  #next = 0;
  #last = -1;
  #ended = false;

  constructor(store: ObjectStore, job: string, signal: AbortSignal) {
    this.#store = store;
    this.#job = job;
    this.#reader = new LineReader(store.stream(originsKey(job), { signal }));
  }

  /** Items are asked for in rising order. Resolves with undefined from the first item on whose line is missing or damaged. */
  async of(item: number): Promise<number | undefined> {
    let origin: number | undefined = this.#last;
    while (!this.#ended && this.#next <= item) origin = await this.#read();
    return this.#ended ? undefined : origin;
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  async #read(): Promise<number | undefined> {
    const line = this.#reader.nextNow() ?? (await this.#nextLine());
    const origin = line === undefined ? undefined : decodeOrigin(line);
    if (origin === undefined || origin <= this.#last) return this.#damaged();
    this.#next += 1;
    this.#last = origin;
    return origin;
  }

  async #nextLine(): Promise<string | undefined> {
    try {
      return await this.#reader.next();
    } catch (error) {
      if (error instanceof ObjectMissing) return undefined;
      throw error;
    }
  }

  #damaged(): undefined {
    this.#ended = true;
    const why = `does not name the origin of item ${this.#next}: the results of this rerun from there on are left out`;
    this.#store.damaged?.({ key: originsKey(this.#job), why });
    return undefined;
  }
}

/** `ways` lead, one after the other, from an item of a rerun to the item of the family's first job. */
export async function originOf(item: number, ways: readonly Origins[]): Promise<number | undefined> {
  let index: number | undefined = item;
  for (const way of ways) index = index === undefined ? undefined : await way.of(index);
  return index;
}
