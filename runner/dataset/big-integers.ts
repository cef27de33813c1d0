/**
 * Finds integers that JavaScript's numbers cannot hold, because `JSON.parse` rounds integers beyond 2^53. They are counted for models in
 * JavaScript, or written as strings (`--big-integers string`). Every integer beyond 2^53 becomes a string, also one that a number could
 * hold by chance, so that the type of a field does not change from item to item.
 */
import { forEachWord, type JsonWord } from '../../core/contract/json-words.js';
import { definedFields } from '../../core/defined-fields.js';
import type { RecordWord } from './item-group.js';
import type { DatasetNotice } from './notice.js';

export const BIG_INTEGERS = ['keep', 'string'] as const;
export type BigIntegers = (typeof BIG_INTEGERS)[number];

export interface FirstBigInteger {
  readonly text: string;
  readonly line: number;
  /** The file that it is in, when the dataset has several. */
  readonly file?: string;
  /** The path of the field. Empty when the integer is the whole item. */
  readonly path: string;
}

const INTEGER = /^-?\d+$/;

export class BigIntegerScan {
  count = 0;
  first: FirstBigInteger | undefined;

  /** Counts the big integers of a line. Returns the line's text, with them as strings if `quote` is true. */
  scan(text: string, line: number, quote: boolean, file?: string): string {
    let quoted = '';
    let done = 0;
    forEachWord(text, (word) => {
      const number = text.slice(word.start, word.end);
      if (!isBig(number)) return;
      this.#add(number, { line, word, file });
      quoted += `${text.slice(done, word.start)}"${number}"`;
      done = word.end;
    });
    return quote && done > 0 ? quoted + text.slice(done) : text;
  }

  #add(
    text: string,
    { line, word, file }: { readonly line: number; readonly word: JsonWord; readonly file: string | undefined },
  ): void {
    this.count += 1;
    this.first ??= { text, line, path: word.path(), ...definedFields({ file }) };
  }
}

/** An integer beyond 2^53 has at least so many digits. */
const FEWEST_DIGITS = 16;

/**
 * Returns true when the line has 16 digits in a row that do not follow a point or a quote. Other lines need no closer scan. Such a run
 * covers at least one of every 16 bytes, so only every 16th byte is examined. This costs very little beside the parsing.
 */
export function mayHoldBig(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start + FEWEST_DIGITS - 1; i < end; i += FEWEST_DIGITS) {
    if (!isDigit(bytes[i])) continue;
    let before = i - 1;
    while (before >= start && isDigit(bytes[before])) before -= 1;
    // It is a fraction, which often has so many digits, or a string of digits.
    if (before >= start && (bytes[before] === POINT || bytes[before] === QUOTE)) continue;
    while (i + 1 < end && isDigit(bytes[i + 1])) i += 1;
    if (i - before >= FEWEST_DIGITS) return true;
  }
  return false;
}

const POINT = 0x2e;
const QUOTE = 0x22;

const isDigit = (byte = 0): boolean => byte >= 0x30 && byte <= 0x39;

const isBig = (number: string): boolean => INTEGER.test(number) && !Number.isSafeInteger(Number(number));

/** The notice after the last item. Undefined when no big integer was found. */
export function bigIntegerNotice(
  name: string,
  { count, first }: BigIntegerScan,
  doing: BigIntegers,
  record: RecordWord = 'line',
): DatasetNotice | undefined {
  if (first === undefined) return undefined;
  const { text, line, path, file } = first;
  const where = `${file === undefined || file === name ? '' : `${short(file)}, `}${record} ${line}${path === '' ? '' : `, field ${short(path)}`}`;
  const integers = `${count} ${count === 1 ? 'integer' : 'integers'} of the dataset ${name}`;
  if (doing === 'string') {
    const why = count === 1 ? 'as a string, because it is' : 'as strings, because they are';
    const message = `The model gets ${integers} ${why} beyond 2^53. The first is in ${where}.`;
    return { level: 'info', code: 'big-integers', message };
  }
  const message =
    `${integers} ${count === 1 ? 'is' : 'are'} beyond 2^53. JavaScript cannot hold such integers exactly, so the model gets rounded numbers. ` +
    `The first is in ${where}: ${short(text)} becomes ${short(rounded(text))}. To give them to the model as strings: --big-integers string`;
  return { level: 'warning', code: 'big-integers', message };
}

function rounded(integer: string): string {
  const number = Number(integer);
  return Number.isFinite(number) ? String(BigInt(number)) : String(number);
}

/** The most characters of a number or a field's name in a message. Either may be of any length. */
const MOST_CHARACTERS = 100;
const short = (text: string): string =>
  text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}… (${text.length} characters)`;
