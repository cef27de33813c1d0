/** Walks over a JSON text that is known to be valid, value by value. Numbers stay texts, because a double cannot hold all of them. */
import { endOfString } from '../../../core/contract/json-words.js';

const QUOTE = 0x22;
const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;
const COMMA = 0x2c;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;
const LETTER_F = 0x66;
const END_OF_SCALAR = /[ \t\r\n,}\]]|$/g;

export type JsonKind = 'null' | 'boolean' | 'number' | 'string' | 'object' | 'array';

export class JsonScan {
  readonly text: string;
  #at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The kind of the next value. */
  kind(): JsonKind {
    this.#blank();
    switch (this.text.charCodeAt(this.#at)) {
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
    END_OF_SCALAR.lastIndex = start;
    this.#at = END_OF_SCALAR.exec(this.text)?.index ?? this.text.length;
    if (this.#at === start) throw new Error('The text is not JSON.');
    return this.text.slice(start, this.#at);
  }

  string(): string {
    this.#blank();
    const start = this.#at;
    this.#at = endOfString(this.text, start);
    const inner = this.text.slice(start + 1, this.#at - 1);
    if (!inner.includes('\\')) return inner;
    const unescaped: unknown = JSON.parse(this.text.slice(start, this.#at));
    if (typeof unescaped !== 'string') throw new Error('The text is not JSON.');
    return unescaped;
  }

  /** Takes an object, and calls `member` before each value, which `member` must take. */
  object(member: (key: string) => void): void {
    this.#elements('}', () => {
      const key = this.string();
      this.#blank();
      this.#at += 1; // the colon
      member(key);
    });
  }

  /** Takes an array, and calls `element` before each value, which `element` must take. */
  array(element: () => void): void {
    this.#elements(']', element);
  }

  /** Takes any value, and returns its text. */
  raw(): string {
    this.#blank();
    const start = this.#at;
    this.#pass();
    return this.text.slice(start, this.#at);
  }

  #pass(): void {
    switch (this.kind()) {
      case 'string':
        this.#at = endOfString(this.text, this.#at);
        return;
      case 'object':
        this.object(() => this.#pass());
        return;
      case 'array':
        this.array(() => this.#pass());
        return;
      case 'null':
      case 'boolean':
      case 'number':
        this.scalar();
    }
  }

  #elements(close: '}' | ']', take: () => void): void {
    this.#blank();
    this.#at += 1;
    this.#blank();
    if (this.text[this.#at] === close) {
      this.#at += 1;
      return;
    }
    for (;;) {
      take();
      this.#blank();
      const isComma = this.text.charCodeAt(this.#at) === COMMA;
      if (!isComma && this.text[this.#at] !== close) throw new Error('The text is not JSON.');
      this.#at += 1;
      if (!isComma) return;
    }
  }

  #blank(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }
}
