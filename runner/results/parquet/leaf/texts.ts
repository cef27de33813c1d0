/** A column of texts, written plainly or by a dictionary. */
import { inDictionary } from './dictionary.js';
import type { Bounds, EncodedValues, LeafValues } from './values.js';

/** The length of a text stands before it. */
const LENGTH_BYTES = 4;
/** A character of a text takes at most three bytes in UTF-8; a pair of surrogates takes four. */
const MOST_BYTES_OF_CHARACTER = 3;
/** The footer shortens bounds further. Longer ones would keep the results' texts in memory until then. */
const BOUND_CHARACTERS = 64;
const FIRST_SURROGATE = 0xd800;
const FIRST_BEHIND_SURROGATES = 0xe000;
const BEHIND_ALL = 0x10000;

export class Texts implements LeafValues {
  readonly type = 'BYTE_ARRAY';
  readonly #texts: string[] = [];

  get length(): number {
    return this.#texts.length;
  }

  push(text: string): void {
    this.#texts.push(text);
  }

  truncate(length: number): void {
    this.#texts.length = length;
  }

  encode(): EncodedValues {
    const texts = this.#texts;
    const plainBytes = sizeOf(texts);
    const encoded = inDictionary(texts, texts.length, { plainBytes, sizeOf, plain });
    if (encoded !== undefined) {
      const { values, ...found } = encoded;
      return { ...found, bounds: boundsOf(values) };
    }
    const page = (from: number, to: number): Uint8Array => plain(texts, from, to);
    return { encoding: 'PLAIN', bytes: plainBytes, page, bounds: boundsOf(texts) };
  }
}

const charactersOf = (texts: readonly string[], from = 0, to = texts.length): number => {
  let characters = 0;
  for (let n = from; n < to; n += 1) characters += texts[n]?.length ?? 0;
  return characters;
};

/** The size of plain texts, if a character is a byte. */
const sizeOf = (texts: readonly string[]): number => charactersOf(texts) + LENGTH_BYTES * texts.length;

function plain(texts: readonly string[], from: number, to: number): Uint8Array {
  const most = MOST_BYTES_OF_CHARACTER * charactersOf(texts, from, to) + LENGTH_BYTES * (to - from);
  const bytes = Buffer.allocUnsafe(most);
  let at = 0;
  for (let n = from; n < to; n += 1) {
    const size = bytes.write(texts[n] ?? '', at + LENGTH_BYTES);
    bytes.writeUInt32LE(size, at);
    at += LENGTH_BYTES + size;
  }
  return bytes.subarray(0, at);
}

function boundsOf(texts: readonly string[]): Bounds {
  let [min] = texts;
  if (min === undefined) return {};
  let max = min;
  for (const text of texts) {
    if (isBefore(text, min)) min = text;
    else if (isBefore(max, text)) max = text;
  }
  return { min_value: boundOf(min), max_value: boundOf(max) };
}

/** A bound that is cut here is longer than the footer takes, so it is marked there as not exact. */
const boundOf = (text: string): Uint8Array => new TextEncoder().encode(text.slice(0, BOUND_CHARACTERS));

/** Compares in the order of the bytes in UTF-8, which the format asks for. It differs from the order of UTF-16 for surrogates alone. */
function isBefore(left: string, right: string): boolean {
  const shorter = Math.min(left.length, right.length);
  for (let n = 0; n < shorter; n += 1) {
    const [one, other] = [left.charCodeAt(n), right.charCodeAt(n)];
    if (one !== other) return rank(one) < rank(other);
  }
  return left.length < right.length;
}

const rank = (code: number): number =>
  code >= FIRST_SURROGATE && code < FIRST_BEHIND_SURROGATES ? code + BEHIND_ALL : code;
