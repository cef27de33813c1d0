/**
 * JSON text that is looked at without being turned into values: a value that is parsed and written again is not always the same text
 * (large integers, the order of keys, 1e400).
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x7b, 0x5b]);
const CLOSING = new Set([0x7d, 0x5d]);
const BLANK = /[^ \t\r\n]|$/g;
const END_OF_SCALAR = /[ \t\r\n,}\]]|$/g;
const COMMA = ',';

/**
 * The text of a member's value in a JSON object, as it stands there; undefined when there is none. Of equal keys the last one counts, as in
 * `JSON.parse`, which must have accepted the text.
 */
export function memberText(objectJson: string, name: string): string | undefined {
  let found: string | undefined;
  let at = find(BLANK, objectJson, find(BLANK, objectJson, 0) + 1);
  while (objectJson.charCodeAt(at) === QUOTE) {
    const keyEnd = endOfString(objectJson, at);
    const isWanted = JSON.parse(objectJson.slice(at, keyEnd)) === name;
    const start = find(BLANK, objectJson, find(BLANK, objectJson, keyEnd) + 1);
    const end = endOfValue(objectJson, start);
    if (isWanted) found = objectJson.slice(start, end);
    const next = find(BLANK, objectJson, end);
    if (objectJson[next] !== COMMA) break;
    at = find(BLANK, objectJson, next + 1);
  }
  return found;
}

export interface NotANumber {
  readonly name: 'NaN' | 'Infinity' | '-Infinity';
  /** Its first character is number 1. */
  readonly character: number;
}

const NOT_A_NUMBER = /"|NaN|-?Infinity/g;

/**
 * The first NaN or Infinity in a text that would be JSON without them; undefined when something else is wrong with it. JSON has no such
 * numbers, but several programs write them by default.
 */
export function findNotANumber(text: string): NotANumber | undefined {
  let first: NotANumber | undefined;
  let mended = '';
  let copied = 0;
  for (let match = search(NOT_A_NUMBER, text, 0); match !== undefined;) {
    const { index, 0: name } = match;
    if (name === '"') {
      match = search(NOT_A_NUMBER, text, endOfString(text, index));
      continue;
    }
    first ??= { name: name as NotANumber['name'], character: index + 1 };
    const end = index + name.length;
    mended += `${text.slice(copied, index)}0`;
    copied = end;
    match = search(NOT_A_NUMBER, text, end);
  }
  return first !== undefined && isJson(mended + text.slice(copied)) ? first : undefined;
}

/** For people, after the name of the line or file. */
export const sayNotANumber = ({ name, character }: NotANumber): string =>
  `${name} at character ${character} is not JSON. Python's json.dumps writes it by default: put None there, which becomes null; ` +
  'json.dumps(…, allow_nan=False) finds the place';

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Behind its closing quote; the text's end when there is none. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let escapes = 0;
    while (text.charCodeAt(quote - 1 - escapes) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return quote + 1;
  }
  return text.length;
}

function endOfValue(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === QUOTE) return endOfString(text, start);
  if (!OPENING.has(first)) return find(END_OF_SCALAR, text, start);
  let depth = 0;
  for (let at = start; at < text.length;) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
      continue;
    }
    at += 1;
    if (OPENING.has(code)) depth += 1;
    else if (CLOSING.has(code) && (depth -= 1) === 0) return at;
  }
  return text.length;
}

function find(pattern: RegExp, text: string, from: number): number {
  return search(pattern, text, from)?.index ?? text.length;
}

function search(pattern: RegExp, text: string, from: number): RegExpExecArray | undefined {
  pattern.lastIndex = from;
  return pattern.exec(text) ?? undefined;
}
