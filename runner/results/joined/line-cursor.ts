/**
 * Finds the line of an item in objects that have a line for each item of an input part. Items are asked for in rising order.
 *
 * Invariants:
 * - At most one object is read at a time, as a stream, so that memory does not depend on the number of items.
 * - Only parts of which an item is asked for are read.
 * - An object that is missing, or has fewer or more lines than its part has items, is an error that names it (R13).
 */
import { ObjectMissing, type ObjectStore } from '../../../core/contract/object-store.js';
import type { InputMap, InputPart } from './input-map.js';
import { LineReader } from './line-reader.js';

export interface Column {
  /** A noun for messages, such as "ids". */
  readonly what: string;
  readonly keyOf: (part: number) => string;
  /** The objects can be read from the byte at which a batch begins. Otherwise they are read from their beginning. */
  readonly hasPoints: boolean;
  /** A sentence that says what to do when the column cannot be read. */
  readonly advice: string;
}

/** It takes less time to read so many bytes than to send another request. */
const SKIPPED_BYTES = 2 * 1024 * 1024;

interface OpenPart {
  readonly part: InputPart;
  readonly key: string;
  readonly reader: LineReader;
  /** The index of the item whose line is next. */
  next: number;
}

export class LineCursor {
  #open: OpenPart | undefined;

  readonly #column: Column;
  readonly #map: InputMap;
  readonly #store: ObjectStore;
  readonly #signal: AbortSignal;

  constructor(column: Column, { map, store, signal }: { map: InputMap; store: ObjectStore; signal: AbortSignal }) {
    this.#column = column;
    this.#map = map;
    this.#store = store;
    this.#signal = signal;
  }

  /** The item's line, if it has been read already. */
  lineNow(index: number): string | undefined {
    if (this.#open?.next !== index || index >= this.#open.part.endIndex) return undefined;
    const line = this.#open.reader.nextNow();
    if (line !== undefined) this.#open.next += 1;
    return line;
  }

  async lineAt(index: number): Promise<string> {
    const open = await this.#openAt(index);
    try {
      while (open.next < index) {
        if ((open.reader.nextNow() ?? (await open.reader.next())) === undefined) throw this.#shorter(open);
        open.next += 1;
      }
      const line = await open.reader.next();
      if (line === undefined) throw this.#shorter(open);
      open.next += 1;
      return line;
    } catch (error) {
      throw error instanceof ObjectMissing ? this.damaged(index, 'is missing') : error;
    }
  }

  /** Ends the reading. Checks that nothing follows in an object that was read to its last item. */
  async end(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    if (open.next === open.part.endIndex && (await open.reader.next()) !== undefined) {
      throw this.damaged(open.part.firstIndex, 'has more lines than its part of the dataset has items');
    }
    await this.close();
  }

  async close(): Promise<void> {
    await this.#open?.reader.close();
    this.#open = undefined;
  }

  /** An error about the object that has the item's line. */
  damaged(index: number, why: string): Error {
    const key = this.#column.keyOf(this.#map.partOf(index)?.part ?? 0);
    const { what, advice } = this.#column;
    return new Error(`The ${what} cannot be read: the object ${key} in the stack's bucket ${why}. ${advice}`);
  }

  async #openAt(index: number): Promise<OpenPart> {
    const open = this.#open;
    if (open !== undefined && index < open.part.endIndex && !this.#isFar(open.next, index)) return open;
    await this.end();
    const part = this.#map.partOf(index);
    if (part === undefined) throw new Error(`The job's plan has no item ${index}.`);
    const key = this.#column.keyOf(part.part);
    const point = this.#column.hasPoints ? this.#map.pointOf(index) : undefined;
    const { firstIndex = part.firstIndex, startByte = 0 } = point ?? {};
    const range = { startByte, endByte: part.bytes };
    const chunks = this.#store.stream(key, { signal: this.#signal, ...(startByte === 0 ? {} : { range }) });
    this.#open = { part, key, reader: new LineReader(chunks), next: firstIndex };
    return this.#open;
  }

  /** Both items are in one part. */
  #isFar(from: number, to: number): boolean {
    if (!this.#column.hasPoints) return false;
    const [first, last] = [this.#map.pointOf(from), this.#map.pointOf(to)];
    return (last?.startByte ?? 0) - (first?.startByte ?? 0) > SKIPPED_BYTES;
  }

  #shorter({ part }: OpenPart): Error {
    return this.damaged(part.firstIndex, 'has fewer lines than its part of the dataset has items');
  }
}
