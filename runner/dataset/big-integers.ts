/**
 * Integers that JavaScript's numbers cannot hold: its `JSON.parse` rounds whatever is beyond 2^53. They are counted for models in
 * JavaScript, or written as strings (`--big-integers string`), always all that are beyond, so that a field is not now one and now the other.
 */
import { forEachWord, type JsonWord } from '../../core/contract/json-words.js';
import type { DatasetNotice } from './notice.js';

export const BIG_INTEGERS = ['keep', 'string'] as const;
export type BigIntegers = (typeof BIG_INTEGERS)[number];

export interface FirstBigInteger {
  readonly text: string;
  readonly line: number;
  /** Empty when it is the whole item. */
  readonly path: string;
}

const INTEGER = /^-?\d+$/;

export class BigIntegerLook {
  count = 0;
  first: FirstBigInteger | undefined;

  /** Counts those of a line; gives its text with them as strings when `quote`, else as it was. */
  look(text: string, line: number, quote: boolean): string {
    let quoted = '';
    let done = 0;
    forEachWord(text, (word) => {
      const number = text.slice(word.start, word.end);
      if (!isBig(number)) return;
      this.#add(number, line, word);
      quoted += `${text.slice(done, word.start)}"${number}"`;
      done = word.end;
    });
    return quote && done > 0 ? quoted + text.slice(done) : text;
  }

  #add(text: string, line: number, { path }: JsonWord): void {
    this.count += 1;
    this.first ??= { text, line, path: path() };
  }
}

/** Nothing shorter is beyond 2^53. */
const FEWEST_DIGITS = 16;

/**
 * Are so many digits in a row anywhere in the line but behind a point or a quote? Most lines need no closer look. Whatever run there is covers
 * one of every sixteen places, so only those are looked at, as bytes: this costs next to nothing beside the parsing.
 */
export function mayHoldBig(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start + FEWEST_DIGITS - 1; i < end; i += FEWEST_DIGITS) {
    if (!isDigit(bytes[i])) continue;
    let before = i - 1;
    while (before >= start && isDigit(bytes[before])) before -= 1;
    // A fraction, which has so many digits as a rule, or a string of digits.
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

/** The notice after the last item, if there were any. */
export function bigIntegerNotice(
  name: string,
  { count, first }: BigIntegerLook,
  doing: BigIntegers,
): DatasetNotice | undefined {
  if (first === undefined) return undefined;
  const { text, line, path } = first;
  const where = `line ${line}${path === '' ? '' : `, field ${short(path)}`}`;
  const integers = `${count} ${count === 1 ? 'integer' : 'integers'} of the dataset ${name}`;
  if (doing === 'string') {
    const message = `${integers} beyond 2^53 ${count === 1 ? 'is' : 'are'} given to the model as strings; the first is in ${where}.`;
    return { level: 'info', code: 'big-integers', message };
  }
  const message =
    `${integers} ${count === 1 ? 'is' : 'are'} beyond 2^53, where JavaScript's numbers cannot hold every integer: the model gets rounded ones. ` +
    `The first is in ${where}: ${short(text)}, which becomes ${short(rounded(text))}. To give them to the model as strings: --big-integers string`;
  return { level: 'warning', code: 'big-integers', message };
}

function rounded(integer: string): string {
  const number = Number(integer);
  return Number.isFinite(number) ? String(BigInt(number)) : String(number);
}

/** For a message: a number or a field's name may be of any length. */
const MOST_CHARACTERS = 100;
const short = (text: string): string =>
  text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}… (${text.length} characters)`;
