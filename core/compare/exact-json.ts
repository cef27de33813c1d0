/** Reads JSON text into a tree whose numbers keep their text, so that no digit is lost (R14). `JSON.parse` must have accepted the text. */
import { endOfValue } from '../contract/json-text.js';
import { endOfString } from '../contract/json-words.js';

export type ExactJson =
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  /** `true`, `false` or `null`, or a value that is nested too deeply to be read. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'array'; readonly elements: readonly ExactJson[] }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, ExactJson> };

/** Deeper values are compared as texts, so that no text can overflow the stack. */
const MOST_DEPTH = 200;

export const readExactJson = (text: string): ExactJson => new Reader(text).value(0);

const WORD = /[^ \t\r\n,\]}]*/y;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): ExactJson {
    this.#skipBlanks();
    const first = this.#text[this.#at];
    if (first === '"') return { kind: 'string', value: this.#string() };
    if ((first === '[' || first === '{') && depth >= MOST_DEPTH) return this.#tooDeep();
    if (first === '[') return { kind: 'array', elements: this.#elements(depth) };
    if (first === '{') return { kind: 'object', members: this.#members(depth) };
    WORD.lastIndex = this.#at;
    const [text = ''] = WORD.exec(this.#text) ?? [];
    this.#at += text.length;
    return /^[-\d]/.test(text) ? { kind: 'number', text } : { kind: 'text', text };
  }

  #elements(depth: number): readonly ExactJson[] {
    const elements: ExactJson[] = [];
    this.#at += 1;
    while (!this.#ends(']')) elements.push(this.value(depth + 1));
    return elements;
  }

  /** The last of equal keys counts, as in `JSON.parse`. */
  #members(depth: number): ReadonlyMap<string, ExactJson> {
    const members = new Map<string, ExactJson>();
    this.#at += 1;
    while (!this.#ends('}')) {
      this.#skipBlanks();
      const name = this.#string();
      this.#skipBlanks();
      this.#at += 1;
      members.set(name, this.value(depth + 1));
    }
    return members;
  }

  /** Passes over a comma. At the end it passes over the bracket, too. */
  #ends(bracket: ']' | '}'): boolean {
    this.#skipBlanks();
    const next = this.#text[this.#at];
    if (next === ',') this.#at += 1;
    if (next !== bracket && this.#at < this.#text.length) return false;
    this.#at += 1;
    return true;
  }

  #string(): string {
    const end = endOfString(this.#text, this.#at);
    const value: unknown = JSON.parse(this.#text.slice(this.#at, end));
    this.#at = end;
    return String(value);
  }

  #tooDeep(): ExactJson {
    const end = endOfValue(this.#text, this.#at);
    const text = this.#text.slice(this.#at, end);
    this.#at = end;
    return { kind: 'text', text };
  }

  #skipBlanks(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at += 1;
  }
}
