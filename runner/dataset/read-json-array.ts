/**
 * Reads one JSON array, each element of which is an item. The array is streamed: a scanner finds where elements end, and only one of them is in memory. An
 * element's text is kept unchanged, except that line ends between its words become spaces, so that it fits on one line.
 *
 * An element that is no JSON is a failed item. Where brackets do not match, nobody knows how many elements such an element has swallowed, so the dataset is refused.
 */
import { readGroups } from './read-groups.js';
import { isUtf8 } from 'node:buffer';
import { UserError } from '../errors.js';
import { BigIntegerScan, bigIntegerNotice, mayHoldBig } from './big-integers.js';
import { type ItemGroup, ItemGroupBuilder } from './item-group.js';
import { ElementScanner } from './json-elements.js';
import { MAX_LINE_BYTES, withoutByteOrderMark } from './line-blocks.js';
import { notJson } from './not-json.js';
import { type JsonOptions, NOT_UTF8, tooLong } from './read-lines.js';

export async function* readJsonArray(
  chunks: AsyncIterable<Uint8Array>,
  options: JsonOptions,
): AsyncGenerator<ItemGroup> {
  yield* readGroups(withoutByteOrderMark(chunks), new ArrayReader(options));
}

class ArrayReader {
  readonly builder: ItemGroupBuilder;
  readonly #options: JsonOptions;
  readonly #maxBytes: number;
  readonly #scanner: ElementScanner;
  readonly #integers: BigIntegerScan | undefined;

  constructor(options: JsonOptions) {
    this.#options = options;
    this.#maxBytes = options.maxLineBytes ?? MAX_LINE_BYTES;
    this.builder = new ItemGroupBuilder({ ...options, record: 'element' });
    const { bigIntegers = 'keep', forJavaScript = false, integers } = options;
    this.#integers = bigIntegers === 'string' || forJavaScript ? (integers ?? new BigIntegerScan()) : undefined;
    this.#scanner = new ElementScanner(this.#maxBytes, (element, number) => this.#add(element, number));
  }

  push(chunk: Buffer): void {
    const fault = this.#scanner.push(chunk);
    if (fault !== undefined && !this.builder.done) throw this.#refused(fault);
  }

  end(): void {
    const { name, bigIntegers = 'keep', notify, integers } = this.#options;
    const fault = this.builder.done ? undefined : this.#scanner.end();
    if (fault !== undefined) throw this.#refused(fault);
    if (this.#integers === undefined || integers !== undefined) return;
    const notice = bigIntegerNotice(name, this.#integers, bigIntegers, 'element');
    if (notice !== undefined) notify?.(notice);
  }

  /** `element` is undefined when it is too long. */
  #add(element: Buffer | undefined, number: number): void {
    if (this.builder.done) return;
    if (element === undefined) this.builder.addBad(number, tooLong(this.#maxBytes));
    else if (!isUtf8(element)) this.builder.addBad(number, NOT_UTF8);
    else this.#addText(element, number);
  }

  #addText(element: Buffer, number: number): void {
    const text = element.toString();
    const reason = notJson(text);
    if (reason !== undefined) {
      this.builder.addBad(number, reason);
      return;
    }
    const { bigIntegers } = this.#options;
    const mayBeBig = this.#integers !== undefined && mayHoldBig(element, 0, element.length);
    const kept = mayBeBig ? this.#integers.scan(text, number, bigIntegers === 'string', this.#options.name) : text;
    // Within strings JSON has no line ends, so these are white space.
    this.builder.addText(/[\r\n]/.test(kept) ? kept.replaceAll(/[\r\n]/g, ' ') : kept);
  }

  #refused(fault: string): UserError {
    return new UserError(
      `${this.#options.name} is no JSON array that can be read: ${fault}. Repair the file, or write one item per line (JSON Lines).`,
    );
  }
}
