/**
 * A map whose keys are walked in UTF-8 byte order, with cheap inserts at any size.
 *
 * Invariants: `#blocks` holds each key of `#values` once; keys ascend within a block and from block to block; no
 * block is empty or longer than `MAX_BLOCK_KEYS`. A walk must not be interleaved with changes: listings are
 * synchronous.
 */
import { compareKeys } from './key-order.js';

/** An insert moves at most this many array slots in a block; a million keys need about a thousand blocks. */
const MAX_BLOCK_KEYS = 1024;

export class OrderedMap<Value> {
  readonly #values = new Map<string, Value>();
  readonly #blocks: string[][] = [];

  get size(): number {
    return this.#values.size;
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    const isNew = !this.#values.has(key);
    this.#values.set(key, value);
    if (isNew) this.#insert(key);
  }

  delete(key: string): boolean {
    if (!this.#values.delete(key)) return false;
    const { block, offset } = this.#position((other) => compareKeys(other, key) >= 0);
    const keys = this.#blocks[block];
    keys?.splice(offset, 1);
    if (keys?.length === 0) this.#blocks.splice(block, 1);
    return true;
  }

  values(): IterableIterator<Value> {
    return this.#values.values();
  }

  /** Iterates the entries from the first key for which `reached` is true; it must stay true for all later keys. */
  *entriesFrom(reached: (key: string) => boolean): Generator<readonly [string, Value]> {
    const start = this.#position(reached);
    for (let block = start.block; block < this.#blocks.length; block++) {
      const keys = this.#blocks[block] ?? [];
      for (let offset = block === start.block ? start.offset : 0; offset < keys.length; offset++) {
        const key = keys[offset] as string;
        yield [key, this.#values.get(key) as Value];
      }
    }
  }

  #insert(key: string): void {
    const { block, offset } = this.#position((other) => compareKeys(other, key) > 0);
    // A key before the first one of a block is added to the end of the previous block, so that appending stays
    // cheap.
    const target = offset === 0 && block > 0 ? block - 1 : block;
    const keys = this.#blocks[target];
    if (keys === undefined) {
      this.#blocks.push([key]);
      return;
    }
    keys.splice(target === block ? offset : keys.length, 0, key);
    if (keys.length > MAX_BLOCK_KEYS) {
      this.#blocks.splice(target + 1, 0, keys.splice(keys.length >>> 1));
    }
  }

  #position(reached: (key: string) => boolean): { readonly block: number; readonly offset: number } {
    const block = firstIndex(this.#blocks, (keys) => reached(keys[keys.length - 1] as string));
    const keys = this.#blocks[block];
    return { block, offset: keys === undefined ? 0 : firstIndex(keys, reached) };
  }
}

/** A binary search for the index of the first element for which `holds` is true; the length if there is none. */
function firstIndex<Element>(elements: readonly Element[], holds: (element: Element) => boolean): number {
  let low = 0;
  let high = elements.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(elements[middle] as Element)) high = middle;
    else low = middle + 1;
  }
  return low;
}
