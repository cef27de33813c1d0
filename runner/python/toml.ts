/** Reads TOML, as far as lock files and pyproject.toml use it: tables, arrays, strings, numbers. Dates are read as text. https://toml.io/en/v1.0.0 */

export type TomlTable = Record<string, unknown>;

/** Throws an Error with the line when the text is no TOML. */
export function parseToml(text: string): TomlTable {
  return new Reader(text.replaceAll('\r\n', '\n')).document();
}

const BARE_KEY = /[\w-]+/y;
const BARE_VALUE = /[^\s,\]}#]+(?: \d\d:[^\s,\]}#]+)?/y;
const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  e: '\x1b',
  '"': '"',
  '\\': '\\',
};

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): TomlTable {
    const root: TomlTable = Object.create(null) as TomlTable;
    let table = root;
    for (this.#space(true); this.#at < this.#text.length; this.#space(true)) {
      if (this.#take('[[')) {
        table = appendTable(root, this.#keys());
        this.#expect(']]');
      } else if (this.#take('[')) {
        table = tableAt(root, this.#keys());
        this.#expect(']');
      } else {
        this.#pair(table);
      }
      this.#space(false);
      if (this.#at < this.#text.length && !this.#take('\n')) throw this.#wrong('the end of the line');
    }
    return root;
  }

  #pair(table: TomlTable): void {
    const keys = this.#keys();
    this.#space(false);
    this.#expect('=');
    this.#space(false);
    const value = this.#value();
    tableAt(table, keys.slice(0, -1))[keys.at(-1) ?? ''] = value;
  }

  #keys(): readonly string[] {
    const keys: string[] = [];
    do {
      this.#space(false);
      const char = this.#text.charAt(this.#at);
      keys.push(char === '"' || char === "'" ? this.#string() : this.#match(BARE_KEY, 'a key'));
      this.#space(false);
    } while (this.#take('.'));
    return keys;
  }

  #value(): unknown {
    const char = this.#text.charAt(this.#at);
    if (char === '"' || char === "'") return this.#string();
    if (this.#take('[')) return this.#array();
    if (this.#take('{')) return this.#inlineTable();
    const bare = this.#match(BARE_VALUE, 'a value');
    if (bare === 'true' || bare === 'false') return bare === 'true';
    const number = Number(bare.replaceAll('_', ''));
    return Number.isNaN(number) ? bare : number;
  }

  #array(): readonly unknown[] {
    const values: unknown[] = [];
    for (;;) {
      this.#space(true);
      if (this.#take(']')) return values;
      values.push(this.#value());
      this.#space(true);
      if (this.#take(',')) continue;
      this.#expect(']');
      return values;
    }
  }

  #inlineTable(): TomlTable {
    const table: TomlTable = Object.create(null) as TomlTable;
    for (;;) {
      this.#space(true);
      if (this.#take('}')) return table;
      this.#pair(table);
      this.#space(true);
      if (this.#take(',')) continue;
      this.#expect('}');
      return table;
    }
  }

  #string(): string {
    const quote = this.#text.charAt(this.#at);
    if (this.#take(quote.repeat(3))) {
      this.#take('\n');
      return this.#until(quote.repeat(3), quote === '"');
    }
    this.#at += 1;
    return this.#until(quote, quote === '"');
  }

  #until(end: string, hasEscapes: boolean): string {
    let value = '';
    while (!this.#text.startsWith(end, this.#at)) {
      const char = this.#text.charAt(this.#at);
      if (char === '' || (char === '\n' && end.length === 1)) throw this.#wrong(end);
      this.#at += 1;
      value += char === '\\' && hasEscapes ? this.#escape() : char;
    }
    this.#at += end.length;
    return value;
  }

  #escape(): string {
    const code = /(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|\s*\n\s*|[^])/y;
    const found = this.#match(code, 'an escape sequence');
    if (/^[uU]./.test(found)) return String.fromCodePoint(parseInt(found.slice(1), 16));
    return /^\s/.test(found) ? '' : (ESCAPES[found] ?? found);
  }

  /** Skips spaces and comments, and line ends only on request. */
  #space(alsoLines: boolean): void {
    this.#match(alsoLines ? /(?:[ \t\n]|#[^\n]*)*/y : /[ \t]*(?:#[^\n]*)?/y, 'space');
  }

  #match(pattern: RegExp, what: string): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) throw this.#wrong(what);
    this.#at += found.length;
    return found;
  }

  #take(expected: string): boolean {
    if (!this.#text.startsWith(expected, this.#at)) return false;
    this.#at += expected.length;
    return true;
  }

  #expect(expected: string): void {
    if (!this.#take(expected)) throw this.#wrong(expected);
  }

  #wrong(expected: string): Error {
    const line = this.#text.slice(0, this.#at).split('\n').length;
    return new Error(`line ${line} lacks ${expected}`);
  }
}

const isTable = (value: unknown): value is TomlTable =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Finds or makes the table. Of an array of tables the last one counts. */
function tableAt(root: TomlTable, keys: readonly string[]): TomlTable {
  let table = root;
  for (const key of keys) {
    const value: unknown = table[key];
    const last: unknown = Array.isArray(value) ? value.at(-1) : value;
    const next = isTable(last) ? last : (Object.create(null) as TomlTable);
    if (last === undefined) table[key] = next;
    table = next;
  }
  return table;
}

function appendTable(root: TomlTable, keys: readonly string[]): TomlTable {
  const parent = tableAt(root, keys.slice(0, -1));
  const key = keys.at(-1) ?? '';
  const made: TomlTable = Object.create(null) as TomlTable;
  const list: unknown = parent[key];
  if (Array.isArray(list)) list.push(made);
  else parent[key] = [made];
  return made;
}
