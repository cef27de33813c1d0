/**
 * Walks over a JSON text that is known to be valid, value by value. Numbers that a double may not hold stay texts.
 *
 * Every value of every result passes through here twice, so the usual forms of numbers, strings and keys are read without a copy of their text.
 */
import { endOfString } from '../../../core/contract/json-words.js';

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const CAPITAL_E = 0x45;
const LETTER_E = 0x65;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;
const LETTER_F = 0x66;
const FIRST_SURROGATE = 0xd800;

/** A double holds every integer with so many digits, and every fraction with so many digits comes back from it. */
const SAFE_DIGITS = 15;
/** A double holds each of these powers exactly, so a division by one rounds once. */
const POWERS_OF_TEN = Array.from({ length: SAFE_DIGITS + 1 }, (_, power) => 10 ** power);

/** Behind the text's end there is no code, which is not within a scalar either. */
const isWithinScalar = (code: number): boolean =>
  code > SPACE && code !== COMMA && code !== CLOSE_OBJECT && code !== CLOSE_ARRAY;

export type JsonKind = 'null' | 'boolean' | 'number' | 'string' | 'object' | 'array';

export class JsonScan {
  #text: string;
  #at = 0;

  constructor(text = '') {
    this.#text = text;
  }

  /** Begins anew with another text. */
  reset(text: string): this {
    this.#text = text;
    this.#at = 0;
    return this;
  }

  /** The kind of the next value. */
  kind(): JsonKind {
    this.#blank();
    switch (this.#text.charCodeAt(this.#at)) {
      case QUOTE:
        return 'string';
      case OPEN_OBJECT:
        return 'object';
      case OPEN_ARRAY:
        return 'array';
      case LETTER_N:
        return 'null';
      case LETTER_T:
      case LETTER_F:
        return 'boolean';
      default:
        return 'number';
    }
  }

  /** Takes a number, a boolean or null, and returns its text. */
  scalar(): string {
    this.#blank();
    const start = this.#at;
    while (isWithinScalar(this.#text.charCodeAt(this.#at))) this.#at += 1;
    if (this.#at === start) throw new Error('The text is not JSON.');
    return this.#text.slice(start, this.#at);
  }

  /** Takes null, if that is the next value. */
  takeNull(): boolean {
    if (this.kind() !== 'null') return false;
    this.#at += 'null'.length;
    return true;
  }

  boolean(): boolean {
    this.#blank();
    const isTrue = this.#text.charCodeAt(this.#at) === LETTER_T;
    this.#at += isTrue ? 'true'.length : 'false'.length;
    return isTrue;
  }

  /** Takes an integer of few digits. Takes nothing and returns NaN when the next number has another form, such as -0. */
  smallInteger(): number {
    this.#blank();
    const text = this.#text;
    const isNegative = text.charCodeAt(this.#at) === MINUS;
    const start = isNegative ? this.#at + 1 : this.#at;
    let at = start;
    let value = 0;
    let code = text.charCodeAt(at);
    while (code >= ZERO && code <= NINE) {
      value = value * 10 + (code - ZERO);
      at += 1;
      code = text.charCodeAt(at);
    }
    const isWhole = code !== POINT && code !== LETTER_E && code !== CAPITAL_E;
    const digits = at - start;
    if (!isWhole || digits === 0 || digits > SAFE_DIGITS || (isNegative && value === 0)) return NaN;
    this.#at = at;
    return isNegative ? -value : value;
  }

  /** Takes a fraction of few digits without an exponent. Takes nothing and returns NaN when the next number has another form. */
  smallFraction(): number {
    this.#blank();
    const text = this.#text;
    const isNegative = text.charCodeAt(this.#at) === MINUS;
    const start = isNegative ? this.#at + 1 : this.#at;
    let at = start;
    let digits = 0;
    let point = -1;
    for (; at - start <= SAFE_DIGITS + 1; at += 1) {
      const code = text.charCodeAt(at);
      if (code === POINT) point = at;
      else if (code >= ZERO && code <= NINE) digits = digits * 10 + (code - ZERO);
      else if (code === LETTER_E || code === CAPITAL_E) return NaN;
      else break;
    }
    if (point === -1 || at - start > SAFE_DIGITS + 1) return NaN;
    this.#at = at;
    const value = digits / (POWERS_OF_TEN[at - point - 1] ?? NaN);
    return isNegative ? -value : value;
  }

  string(): string {
    this.#blank();
    const start = this.#at;
    const plainEnd = this.#endOfPlain(start);
    if (plainEnd !== undefined) {
      this.#at = plainEnd;
      return this.#text.slice(start + 1, plainEnd - 1);
    }
    this.#at = endOfString(this.#text, start);
    const inner = this.#text.slice(start + 1, this.#at - 1);
    if (!inner.includes('\\')) return inner;
    const unescaped: unknown = JSON.parse(this.#text.slice(start, this.#at));
    if (typeof unescaped !== 'string') throw new Error('The text is not JSON.');
    return unescaped;
  }

  /** Takes a string without escapes and without surrogates, if that is the next value. */
  takePlainString(): boolean {
    this.#blank();
    const end = this.#endOfPlain(this.#at);
    if (end !== undefined) this.#at = end;
    return end !== undefined;
  }

  /** Takes the brace of an object. Returns true when a key follows. */
  beginObject(): boolean {
    return this.#begin(CLOSE_OBJECT);
  }

  /** Behind a member's value: returns true when another key follows, and takes the end of the object when not. */
  nextMember(): boolean {
    return this.#next(CLOSE_OBJECT);
  }

  beginArray(): boolean {
    return this.#begin(CLOSE_ARRAY);
  }

  nextElement(): boolean {
    return this.#next(CLOSE_ARRAY);
  }

  /** Takes a key and its colon, if their text is exactly this. */
  takeKey(keyAndColon: string): boolean {
    if (!this.#text.startsWith(keyAndColon, this.#at)) return false;
    this.#at += keyAndColon.length;
    return true;
  }

  /** Takes a key and its colon. */
  key(): string {
    const key = this.string();
    this.#blank();
    this.#at += 1;
    return key;
  }

  /** Takes any value, and returns its text. */
  raw(): string {
    this.#blank();
    const start = this.#at;
    this.#pass();
    return this.#text.slice(start, this.#at);
  }

  #pass(): void {
    switch (this.kind()) {
      case 'string':
        this.#at = endOfString(this.#text, this.#at);
        return;
      case 'object':
        if (!this.beginObject()) return;
        do {
          this.key();
          this.#pass();
        } while (this.nextMember());
        return;
      case 'array':
        if (!this.beginArray()) return;
        do this.#pass();
        while (this.nextElement());
        return;
      case 'null':
      case 'boolean':
      case 'number':
        this.scalar();
    }
  }

  #begin(close: number): boolean {
    this.#blank();
    this.#at += 1;
    this.#blank();
    if (this.#text.charCodeAt(this.#at) !== close) return true;
    this.#at += 1;
    return false;
  }

  #next(close: number): boolean {
    this.#blank();
    const code = this.#text.charCodeAt(this.#at);
    if (code !== COMMA && code !== close) throw new Error('The text is not JSON.');
    this.#at += 1;
    if (code === close) return false;
    this.#blank();
    return true;
  }

  /** The place behind the string that begins here; undefined when it has escapes or surrogates. */
  #endOfPlain(start: number): number | undefined {
    const text = this.#text;
    let at = start + 1;
    for (;;) {
      const code = text.charCodeAt(at);
      at += 1;
      if (code === QUOTE) return at;
      // A text that ends here gives NaN, which is not below the bound either.
      if (code === BACKSLASH || !(code < FIRST_SURROGATE)) return undefined;
    }
  }

  #blank(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }
}
