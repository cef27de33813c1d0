/** Walks over the entries of one column: values and nulls, each with the levels that say to which row and list it belongs. */
import { damaged } from './faults.js';
import type { LeafType, ValueText } from './leaf-types.js';
import type { ColumnPages, Page } from './pages.js';
import type { RawValues } from './page-values.js';
import type { Field } from './schema.js';

interface Segment {
  readonly page: Page;
  readonly dictionary: Dictionary | undefined;
}

/** Each entry of a dictionary is written once, and only if a row has it. */
class Dictionary {
  readonly #values: RawValues;
  readonly #texts: (ValueText | undefined)[] = [];
  readonly #write: LeafType['write'];

  constructor(values: RawValues, write: LeafType['write']) {
    this.#values = values;
    this.#write = write;
  }

  text(number: number): ValueText {
    const known = this.#texts[number];
    if (known !== undefined) return known;
    if (number < 0 || number >= this.#values.length) throw new Error(`the dictionary has no entry ${number}`);
    return (this.#texts[number] = this.#write(this.#values[number]));
  }
}

export class LeafCursor {
  readonly field: Field;
  readonly type: LeafType;
  readonly #pages: ColumnPages;
  readonly #inList: boolean;
  #dictionary: Dictionary | undefined;
  readonly #segments: Segment[] = [];
  #segment: Segment | undefined;
  /** The next entry of the segment, and its next value. */
  #entry = 0;
  #value = 0;
  /** The entries that are loaded and begin a row. */
  #starts = 0;

  constructor(field: Field, type: LeafType, pages: ColumnPages) {
    this.field = field;
    this.type = type;
    this.#pages = pages;
    this.#inList = field.repetition > 0;
  }

  /** The rows that are loaded as a whole. The last row of a page may go on in the next one. */
  get rows(): number {
    return this.#inList && this.#pages.left > 0 ? Math.max(0, this.#starts - 1) : this.#starts;
  }

  get ended(): boolean {
    return this.#pages.left === 0;
  }

  get where(): string {
    return this.#pages.where;
  }

  /** Reads the next page, which may hold no whole row. */
  async load(): Promise<void> {
    const read = await this.#pages.next();
    if (read?.kind === 'dictionary') this.#dictionary = new Dictionary(read.values, this.type.write);
    if (read?.kind !== 'page' || read.page.entries === 0) return;
    const { page } = read;
    if (page.numbered && this.#dictionary === undefined)
      throw damaged(this.#pages.name, `${this.where} has no dictionary`);
    this.#segments.push({ page, dictionary: page.numbered ? this.#dictionary : undefined });
    this.#starts += page.repetitions === undefined ? page.entries : startsIn(page.repetitions);
    if (this.#segment === undefined) this.#nextSegment();
  }

  /** The definition level of the next entry. */
  get definition(): number {
    const segment = this.#here();
    return segment.page.definitions?.[this.#entry] ?? this.field.definition;
  }

  /** The repetition level of the next entry. Zero begins a row, and is behind the last one. */
  get repetition(): number {
    return this.#segment?.page.repetitions?.[this.#entry] ?? 0;
  }

  /** Takes the next entry, which has a value. */
  take(): ValueText {
    const { page, dictionary } = this.#here();
    const value = page.values[this.#value];
    this.#value += 1;
    this.#advance();
    if (value === undefined) throw new Error('a page has fewer values than its levels say');
    if (dictionary !== undefined) return dictionary.text(value as number);
    return this.type.write(value);
  }

  /** Takes the next entry, which has no value. */
  skip(): void {
    this.#here();
    this.#advance();
  }

  #here(): Segment {
    if (this.#segment === undefined) throw new Error('a row is not whole');
    return this.#segment;
  }

  #advance(): void {
    if (!this.#inList || this.repetition === 0) this.#starts -= 1;
    this.#entry += 1;
    if (this.#entry >= (this.#segment?.page.entries ?? 0)) this.#nextSegment();
  }

  #nextSegment(): void {
    this.#segment = this.#segments.shift();
    this.#entry = 0;
    this.#value = 0;
  }
}

function startsIn(repetitions: Uint8Array): number {
  let starts = 0;
  for (const level of repetitions) if (level === 0) starts += 1;
  return starts;
}
