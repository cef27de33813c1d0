/** Joins rows with the places of their items: the file, and the record's number in it. Rows come in rising order. */
import { decodeInputLine, decodeObjectReference } from '../../../core/contract/input-line.js';
import { sourcesKey } from '../../../core/contract/keys.js';
import { ObjectMissing, type ObjectStore } from '../../../core/contract/object-store.js';
import type { RowPlace } from '../../../core/contract/result-row.js';
import { decodeSourceLine, rowOf, type SourceLine } from '../../../core/contract/source-line.js';
import { LineReader } from './line-reader.js';

/** Finds the source of each item in the list that the submit wrote. It holds one line of the list. */
export class SourceList {
  readonly #job: string;
  readonly #reader: LineReader;
  #source: SourceLine | undefined;

  constructor(store: ObjectStore, job: string, signal: AbortSignal) {
    this.#job = job;
    this.#reader = new LineReader(store.stream(sourcesKey(job), { signal }));
  }

  /** The item's place, if its source has been read already. */
  placeNow(index: number): RowPlace | undefined {
    const source = this.#source;
    if (source === undefined || index >= source.first + source.items) return undefined;
    const row = rowOf(source, index);
    if (index < source.first || row === undefined) throw this.#damaged(`names no file for item ${index}`);
    return { source: { file: source.file, row } };
  }

  async placeAt(index: number): Promise<RowPlace> {
    for (;;) {
      const place = this.placeNow(index);
      if (place !== undefined) return place;
      const line = await this.#next();
      if (line === undefined) throw this.#damaged(`names no file for item ${index}`);
      this.#source = decodeSourceLine(line);
      if (this.#source === undefined) throw this.#damaged('has a line that describes no file');
    }
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  async #next(): Promise<string | undefined> {
    try {
      return await this.#reader.next();
    } catch (error) {
      throw error instanceof ObjectMissing ? this.#damaged('is missing') : error;
    }
  }

  #damaged(what: string): Error {
    const key = sourcesKey(this.#job);
    return new Error(
      `The sources of job ${this.#job} cannot be read: the object ${key} in the stack's bucket ${what}. Without --with-source the results do not need it.`,
    );
  }
}

/** The source of an item that is a file is that file. `line` is the item's line of the input. */
export function placeOfFile(line: string): RowPlace {
  const input = decodeInputLine(line);
  const reference = input.kind === 'item' ? decodeObjectReference(input.json) : undefined;
  if (reference === undefined) return {};
  return { source: { file: reference.name ?? `s3://${reference.bucket}/${reference.key}`, row: 1 } };
}
