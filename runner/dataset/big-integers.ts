/**
 * Integers that JavaScript's numbers cannot hold: its `JSON.parse` rounds whatever is beyond 2^53. They are counted for models in
 * JavaScript, or written as strings (`--big-integers string`), always all that are beyond, so that a field is not now one and now the other.
 */
import { forEachWord, type JsonWord } from './json-words.js';
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
    if (!mayHoldBig(text)) return text;
    let quoted = '';
    let done = 0;
    forEachWord(text, (word) => {
      const number = text.slice(word.start, word.end);
      if (!isBig(number)) return;
      this.add(number, line, word);
      quoted += `${text.slice(done, word.start)}"${number}"`;
      done = word.end;
    });
    return quote && done > 0 ? quoted + text.slice(done) : text;
  }

  private add(text: string, line: number, { path }: JsonWord): void {
    this.count += 1;
    this.first ??= { text, line, path: path() };
  }
}

/** Nothing shorter is beyond 2^53. */
const FEWEST_DIGITS = 16;

/**
 * Are so many digits in a row anywhere but behind a point or a quote? Most lines need no closer look. Whatever run there is covers one of
 * every sixteen places, so only those are looked at: this costs next to nothing beside the parsing.
 */
function mayHoldBig(text: string): boolean {
  for (let i = FEWEST_DIGITS - 1; i < text.length; i += FEWEST_DIGITS) {
    if (!isDigit(text.charCodeAt(i))) continue;
    let start = i;
    while (isDigit(text.charCodeAt(start - 1))) start -= 1;
    while (isDigit(text.charCodeAt(i + 1))) i += 1;
    const before = text[start - 1];
    if (i - start + 1 >= FEWEST_DIGITS && before !== '.' && before !== '"') return true;
  }
  return false;
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

const isBig = (number: string): boolean => INTEGER.test(number) && !Number.isSafeInteger(Number(number));

/** What is said of them after the last item, if there were any. */
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
