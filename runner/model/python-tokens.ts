/**
 * Splits Python source into tokens, as far as imports and definitions need it. It is not a parser: it knows strings, comments, brackets and line
 * continuations, so that nothing in them is taken for code. A submitter's machine may have no Python, so Python's own parser is not used.
 */

export interface PythonToken {
  /** A string's `text` is its content, with escape sequences as written. */
  readonly kind: 'word' | 'string' | 'operator' | 'newline';
  readonly text: string;
  readonly line: number;
  /** The column of the first token of the line; tabs advance to multiples of eight, as in Python. */
  readonly indent: number;
}

const WORD = /[\p{ID_Start}_\d][\p{ID_Continue}_]*/uy;
const STRING_START = /([rbuft]{0,2})("""|'''|"|')/iy;
const OPENING = '([{';
const CLOSING = ')]}';
const TAB_COLUMNS = 8;

export function pythonTokens(source: string): readonly PythonToken[] {
  return new Tokenizer(source).all();
}

class Tokenizer {
  readonly #source: string;
  readonly #tokens: PythonToken[] = [];
  #at = 0;
  #line = 1;
  #indent = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source.replace(/^\uFEFF/, '').replaceAll(/\r\n?/g, '\n');
  }

  all(): readonly PythonToken[] {
    this.#measureIndent();
    while (this.#at < this.#source.length) this.#next();
    this.#endLine();
    return this.#tokens;
  }

  #next(): void {
    const char = this.#source.charAt(this.#at);
    if (char === '\n') return this.#newline();
    if (char === '#') return this.#skipComment();
    if (char === '\\' && this.#source.charAt(this.#at + 1) === '\n') return this.#skipNewline(2);
    if (/\s/.test(char)) return void (this.#at += 1);
    const string = this.#match(STRING_START);
    if (string !== undefined) return this.#string(string[1] ?? '', string[2] ?? '');
    const word = this.#match(WORD);
    if (word !== undefined) return this.#push('word', word[0], this.#line);
    if (OPENING.includes(char)) this.#depth += 1;
    if (CLOSING.includes(char)) this.#depth = Math.max(0, this.#depth - 1);
    this.#at += 1;
    this.#push('operator', char, this.#line);
  }

  #newline(): void {
    if (this.#depth === 0) this.#endLine();
    this.#skipNewline(1);
    if (this.#depth === 0) this.#measureIndent();
  }

  #skipNewline(length: number): void {
    this.#at += length;
    this.#line += 1;
  }

  #endLine(): void {
    const last = this.#tokens.at(-1);
    if (last !== undefined && last.kind !== 'newline') this.#push('newline', '\n', this.#line);
  }

  #measureIndent(): void {
    this.#indent = 0;
    for (let at = this.#at; ; at += 1) {
      const char = this.#source.charAt(at);
      if (char === ' ') this.#indent += 1;
      else if (char === '\t') this.#indent += TAB_COLUMNS - (this.#indent % TAB_COLUMNS);
      else break;
    }
  }

  #skipComment(): void {
    const end = this.#source.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#source.length : end;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found;
  }

  #push(kind: PythonToken['kind'], text: string, line: number): void {
    this.#tokens.push({ kind, text, line, indent: this.#indent });
  }

  #string(prefix: string, quote: string): void {
    const line = this.#line;
    const start = this.#at;
    const end = this.#skipString(quote, /[ft]/i.test(prefix));
    this.#push('string', this.#source.slice(start, end), line);
  }

  /** Goes behind the closing quote. Returns where the content ends. A string in single quotes ends with its line at the latest. */
  #skipString(quote: string, hasFields: boolean): number {
    while (this.#at < this.#source.length) {
      const char = this.#source.charAt(this.#at);
      if (this.#source.startsWith(quote, this.#at)) {
        const end = this.#at;
        this.#at += quote.length;
        return end;
      }
      if (char === '\n' && quote.length === 1) return this.#at;
      if (char === '\\') this.#advance();
      else if (hasFields && char === '{' && this.#source.charAt(this.#at + 1) === '{') this.#at += 1;
      else if (hasFields && char === '{') {
        this.#skipField(quote);
        continue;
      }
      this.#advance();
    }
    return this.#at;
  }

  #advance(): void {
    if (this.#source.charAt(this.#at) === '\n') this.#line += 1;
    this.#at += 1;
  }

  /** Skips the `{…}` of an f-string. Strings in it may use the quotes of the f-string itself, from Python 3.12 on. */
  #skipField(quote: string): void {
    this.#advance();
    let depth = 0;
    let isFormat = false;
    while (this.#at < this.#source.length) {
      const char = this.#source.charAt(this.#at);
      if (char === '\n' && quote.length === 1) return;
      if (char === '}' && depth === 0) return this.#advance();
      if (char === '{' && isFormat) {
        this.#skipField(quote);
        continue;
      }
      const string = isFormat ? undefined : this.#match(STRING_START);
      if (string !== undefined) {
        this.#skipString(string[2] ?? '', /[ft]/i.test(string[1] ?? ''));
        continue;
      }
      if (isFormat && this.#source.startsWith(quote, this.#at)) return; // the string is broken off
      if (OPENING.includes(char)) depth += 1;
      if (CLOSING.includes(char)) depth -= 1;
      if (char === ':' && depth === 0) isFormat = true;
      this.#advance();
    }
  }
}
