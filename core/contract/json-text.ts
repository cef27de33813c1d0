/**
 * Reads JSON text without turning it into values: a value that is parsed and written again is not always the same text (large integers, the order of
 * keys, 1e400).
 */
import { endOfString, forEachWord } from './json-words.js';

const QUOTE = 0x22;
const OPENING = new Set([0x7b, 0x5b]);
const CLOSING = new Set([0x7d, 0x5d]);
const BLANK = /[^ \t\r\n]|$/g;
const END_OF_SCALAR = /[ \t\r\n,}\]]|$/g;
const COMMA = ',';

/**
 * Returns the text of a member's value in a JSON object, unchanged, or undefined when there is no such member. When a key is repeated, the last one
 * counts, as in `JSON.parse`. `JSON.parse` must have accepted the text.
 */
export function memberText(objectJson: string, name: string): string | undefined {
  let found: string | undefined;
  for (const member of membersOf(objectJson)) if (member.name === name) found = member.text;
  return found;
}

export interface JsonMember {
  readonly name: string;
  /** The text of its value, unchanged. */
  readonly text: string;
}

/** Yields the members of a JSON object in the order of the text, repeated keys too. `JSON.parse` must have accepted the text. */
export function* membersOf(objectJson: string): Generator<JsonMember> {
  let at = find(BLANK, objectJson, find(BLANK, objectJson, 0) + 1);
  while (objectJson.charCodeAt(at) === QUOTE) {
    const keyEnd = endOfString(objectJson, at);
    const key: unknown = JSON.parse(objectJson.slice(at, keyEnd));
    const start = find(BLANK, objectJson, find(BLANK, objectJson, keyEnd) + 1);
    const end = endOfValue(objectJson, start);
    yield { name: String(key), text: objectJson.slice(start, end) };
    const next = find(BLANK, objectJson, end);
    if (objectJson[next] !== COMMA) return;
    at = find(BLANK, objectJson, next + 1);
  }
}

/** JSON does not have these numbers, but several programs write them by default. */
const NOT_NUMBERS: ReadonlySet<string> = new Set(['NaN', 'Infinity', '-Infinity']);

export interface NotANumber {
  readonly name: string;
  /** The place in the text, for people, like `output.scores[3]`; empty when it is the whole text. */
  readonly path: string;
}

/** Returns the first NaN or Infinity in a text that would be JSON without them, or undefined when the text has another fault. */
export function findNotANumber(text: string): NotANumber | undefined {
  let first: NotANumber | undefined;
  let mended = '';
  let copied = 0;
  forEachWord(text, ({ start, end, path }) => {
    const name = text.slice(start, end);
    if (!NOT_NUMBERS.has(name)) return;
    first ??= { name, path: path() };
    mended += `${text.slice(copied, start)}null`;
    copied = end;
  });
  return first !== undefined && isJson(mended + text.slice(copied)) ? first : undefined;
}

/** Returns a clause for people that follows "is not JSON: ". */
export const describeNotANumber = ({ name, path }: NotANumber): string =>
  `it holds ${name}${path === '' ? '' : ` (in ${path})`}, which JSON has no number for. Python's json.dumps writes it unless it is told ` +
  'allow_nan=False; write null instead';

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Returns the position behind the value that begins at `start`. */
export function endOfValue(text: string, start: number): number {
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
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
}
