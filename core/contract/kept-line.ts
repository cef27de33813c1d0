/**
 * The lines of `input/kept-<part>.jsonl`: a line for each item of the input part with the same number, with the item's id and its kept fields. An item that
 * cannot be read has the line `{}`. Ids and fields are the item's own text, unchanged (R14).
 */
import { FieldScanner, literalPath } from '../dataset/json-field.js';
import { parseJson } from './shape.js';

export interface KeptLine {
  readonly idJson?: string;
  /** A text for each kept field, in their order; undefined where the item has no such field. */
  readonly keptJson: readonly (string | undefined)[];
}

const ID = 'id';
const KEPT = 'kept';

export class KeptLineCodec {
  readonly #keys: readonly string[];
  readonly #scanner: FieldScanner;

  constructor(keep: readonly string[] = []) {
    this.#keys = keep.map((name) => `${JSON.stringify(name)}:`);
    this.#scanner = new FieldScanner([literalPath(ID), ...keep.map((name) => literalPath(KEPT, name))]);
  }

  /** The line has no newline. */
  encode({ idJson, keptJson }: KeptLine): string {
    const id = idJson === undefined ? '' : `"${ID}":${idJson}`;
    let kept = '';
    for (const [n, key] of this.#keys.entries()) {
      const text = keptJson[n];
      if (text !== undefined) kept += `${kept === '' ? '' : ','}${key}${text}`;
    }
    if (kept === '') return `{${id}}`;
    return `{${id}${id === '' ? '' : ','}"${KEPT}":{${kept}}}`;
  }

  /** Returns undefined for a line of another form. */
  decode(line: string): KeptLine | undefined {
    const value = parseJson(line);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    this.#scanner.scan(line);
    const idJson = this.#field(line, 0);
    if (idJson !== undefined && !isId(idJson)) return undefined;
    const keptJson = this.#keys.map((_, n) => this.#field(line, n + 1));
    return idJson === undefined ? { keptJson } : { idJson, keptJson };
  }

  #field(line: string, field: number): string | undefined {
    const start = this.#scanner.startOf(field);
    return start < 0 ? undefined : line.slice(start, this.#scanner.endOf(field));
  }
}

/** An id is shown, compared and typed by people. Nothing longer is a name. */
export const MOST_ID_CHARACTERS = 4_096;

/** An id is a string or a number. Its text is valid JSON. */
export const isId = (json: string): boolean => /^["\d-]/.test(json);

/**
 * Returns the text by which ids are compared: a string's characters, or a number's digits as they are written. So `1` and `"1"` are the same id, because both
 * are `1` in a CSV file, and `1` and `1.0` are two ids.
 */
export function idKey(idJson: string): string {
  if (!idJson.startsWith('"')) return idJson;
  if (!idJson.includes('\\')) return idJson.slice(1, -1);
  const read: unknown = JSON.parse(idJson);
  return String(read);
}
