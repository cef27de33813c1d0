/** Groups of items: each group is some whole lines of the uploaded JSON Lines (core/contract/input-line.ts). */
import { decodeInputLine, encodeBadLine, type InputLine } from '../../core/contract/input-line.js';
import { ITEM_ERROR_CODES } from '../../core/contract/result-line.js';
import { UserError } from '../errors.js';

export interface ItemGroup {
  readonly bytes: Buffer;
  /** The offset of the end of each line, after its newline. */
  readonly ends: readonly number[];
  /** The bytes that a worker fetches for each item. When absent, the bytes of the line. */
  readonly weights?: readonly number[];
  /** The place of the items. All items of a group are from one source. */
  readonly place?: GroupPlace;
  /** A line for each item, without its newline (core/contract/kept-line.ts). Absent when nothing is kept. */
  readonly kept?: readonly string[];
}

export interface GroupPlace {
  /** The number of the file or object in the dataset's list, from 0. */
  readonly source: number;
  /** The record's number in its source, from 1, for each item. Blank lines and a header are no records. */
  readonly rows: readonly number[];
}

/** Large enough that the costs per group do not matter, small enough to hold several groups. */
const GROUP_BYTES = 256 * 1024;
/** The buffer is larger than a group, because a reader adds a whole block before it checks whether the group is full. */
const BUFFER_BYTES = 2 * GROUP_BYTES;
const NEWLINE = 0x0a;
const BAD_MARK = 0x21; // `!`, with which no JSON text begins (core/contract/input-line.ts)

export interface BadLineRule {
  /** The dataset's name, for messages. */
  readonly name: string;
  /** True when an unreadable line is an error. Otherwise it is a failed item. */
  readonly strict: boolean;
  /** The most items to read. The lines after them are not examined. */
  readonly limit?: number;
  /** The word that messages have for a record. A line when absent. */
  readonly record?: RecordWord;
}

export type RecordWord = 'line' | 'row' | 'element';

/** Collects lines into groups. Call `take` when the group is `full`, and at the end. */
export class ItemGroupBuilder {
  #bytes = Buffer.allocUnsafe(BUFFER_BYTES);
  #length = 0;
  #ends: number[] = [];
  #taken = 0;

  readonly #limit: number;

  readonly #rule: BadLineRule;

  constructor(rule: BadLineRule) {
    this.#rule = rule;
    this.#limit = rule.limit ?? Infinity;
  }

  get full(): boolean {
    return this.#length >= GROUP_BYTES;
  }

  /** True when the limit is reached. Then add no more items. */
  get done(): boolean {
    return this.#taken + this.#ends.length >= this.#limit;
  }

  /** Adds an item whose JSON text is `source[start, end)`. */
  addBytes(source: Buffer, start: number, end: number): void {
    this.#reserve(end - start + 1);
    source.copy(this.#bytes, this.#length, start, end);
    this.#finishLine(end - start);
  }

  addText(json: string): void {
    const most = json.length * 3; // UTF-8 needs at most three bytes per UTF-16 unit
    this.#reserve(most + 1);
    this.#finishLine(this.#bytes.write(json, this.#length, 'utf8'));
  }

  /** Adds a failed item for an unreadable line. `reason` completes "line N …". */
  addBad(line: number, reason: string): void {
    const { record = 'line' } = this.#rule;
    const message = `${record} ${line} ${reason}`;
    if (this.#rule.strict)
      throw new UserError(`${this.#rule.name}: ${message}. Without --strict this ${record} is a failed item.`);
    this.addText(encodeBadLine({ code: ITEM_ERROR_CODES.badItem, message }));
  }

  /** Returns the collected group, or undefined when it is empty. */
  take(): ItemGroup | undefined {
    if (this.#ends.length === 0) return undefined;
    const group = { bytes: this.#bytes.subarray(0, this.#length), ends: this.#ends };
    this.#bytes = Buffer.allocUnsafe(BUFFER_BYTES);
    this.#length = 0;
    this.#taken += this.#ends.length;
    this.#ends = [];
    return group;
  }

  #finishLine(bytes: number): void {
    this.#length += bytes;
    this.#bytes[this.#length] = NEWLINE;
    this.#length += 1;
    this.#ends.push(this.#length);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + bytes));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

export const isBadLineAt = (group: ItemGroup, item: number): boolean =>
  group.bytes[item === 0 ? 0 : (group.ends[item - 1] ?? 0)] === BAD_MARK;

/** The first `items` of a group. */
export function firstOfGroup(group: ItemGroup, items: number): ItemGroup {
  if (items >= group.ends.length) return group;
  const { weights, place, kept } = group;
  const ends = group.ends.slice(0, items);
  return {
    bytes: group.bytes.subarray(0, ends.at(-1) ?? 0),
    ends,
    ...(weights === undefined ? {} : { weights: weights.slice(0, items) }),
    ...(place === undefined ? {} : { place: { ...place, rows: place.rows.slice(0, items) } }),
    ...(kept === undefined ? {} : { kept: kept.slice(0, items) }),
  };
}

/** Returns the item on line `offset` of the group. */
export function itemOf(
  group: ItemGroup,
  offset: number,
  index: number,
): { readonly index: number; readonly input: InputLine } {
  const start = offset === 0 ? 0 : (group.ends[offset - 1] ?? 0);
  const line = group.bytes.toString('utf8', start, (group.ends[offset] ?? start + 1) - 1);
  return { index, input: decodeInputLine(line) };
}
