/**
 * Finds fields in the JSON text of an item, so that their text can be cut out unchanged (R14). The item is never turned into a value.
 *
 * A path reaches into objects with dots. A key may itself contain a dot, so a path can be read in several ways. The reading with the longest first key
 * is tried first, and the first reading that leads to a field counts. When a key is repeated, its last member counts, as in `JSON.parse`.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const SPACE = 0x20;

/** The keys that may come next on the way to a field, in the order in which they are tried. */
export type FieldPath = readonly FieldStep[];

interface FieldStep {
  readonly key: string;
  /** The rest of the path within the member's value. Absent when the member is the field. */
  readonly rest?: FieldPath;
}

/** Compiles a path as users write it. */
export const fieldPath = (path: string): FieldPath => compile(path, new Map());

/** The end of a path is compiled once. Otherwise the steps would double with each dot. */
function compile(path: string, known: Map<string, FieldPath>): FieldPath {
  const compiled = known.get(path);
  if (compiled !== undefined) return compiled;
  const steps: FieldStep[] = [{ key: path }];
  for (let dot = path.lastIndexOf('.'); dot !== -1; dot = dot === 0 ? -1 : path.lastIndexOf('.', dot - 1)) {
    steps.push({ key: path.slice(0, dot), rest: compile(path.slice(dot + 1), known) });
  }
  known.set(path, steps);
  return steps;
}

/** Compiles a path of which every key is known. A dot in a key has no meaning. */
export function literalPath(key: string, ...more: readonly string[]): FieldPath {
  const [next, ...rest] = more;
  return [next === undefined ? { key } : { key, rest: literalPath(next, ...rest) }];
}

const ABSENT = -1;

export class FieldScanner {
  readonly #paths: readonly FieldPath[];
  /** The first steps of all paths, so that one pass over an item finds all of them. */
  readonly #first: readonly FieldStep[];
  readonly #members: Int32Array;
  readonly #found: Int32Array;

  constructor(paths: readonly FieldPath[]) {
    this.#paths = paths;
    this.#first = paths.flat();
    this.#members = new Int32Array(this.#first.length * 2);
    this.#found = new Int32Array(paths.length * 2);
  }

  /** Looks for the fields in `text[start, end)`, which must be JSON: `JSON.parse` must have accepted it. */
  scan(text: string, start = 0, end = text.length): void {
    findMembers(text, start, end, this.#first, this.#members);
    let first = 0;
    for (const [n, path] of this.#paths.entries()) {
      resolve(text, path, this.#members, first, this.#found, n);
      first += path.length;
    }
  }

  /** The place in the text at which the field's value begins, or -1 when the item has no such field. */
  startOf(field: number): number {
    return this.#found[field * 2] ?? ABSENT;
  }

  endOf(field: number): number {
    return this.#found[field * 2 + 1] ?? ABSENT;
  }
}

/** Cuts one field out of an item's JSON text. */
export function fieldText(json: string, path: FieldPath): string | undefined {
  const scanner = new FieldScanner([path]);
  scanner.scan(json);
  const start = scanner.startOf(0);
  return start === ABSENT ? undefined : json.slice(start, scanner.endOf(0));
}

/** Takes the first step that leads to the field. The members of the steps are in `members` from number `first` on. */
function resolve(
  text: string,
  path: FieldPath,
  members: Int32Array,
  first: number,
  found: Int32Array,
  field: number,
): boolean {
  for (const [n, { rest }] of path.entries()) {
    const start = members[(first + n) * 2] ?? ABSENT;
    const end = members[(first + n) * 2 + 1] ?? ABSENT;
    if (start === ABSENT) continue;
    if (rest === undefined) {
      found[field * 2] = start;
      found[field * 2 + 1] = end;
      return true;
    }
    const inner = new Int32Array(rest.length * 2);
    findMembers(text, start, end, rest, inner);
    if (resolve(text, rest, inner, 0, found, field)) return true;
  }
  found[field * 2] = ABSENT;
  found[field * 2 + 1] = ABSENT;
  return false;
}

/** Finds the value of each step's key among the members of the value in `text[start, end)`. A value that is no object has no members. */
function findMembers(text: string, start: number, end: number, steps: readonly FieldStep[], members: Int32Array): void {
  members.fill(ABSENT);
  let at = afterBlanks(text, start, end);
  if (text.charCodeAt(at) !== OPEN_BRACE) return;
  at = afterBlanks(text, at + 1, end);
  while (at < end && text.charCodeAt(at) === QUOTE) {
    const keyStart = at;
    const keyEnd = afterString(text, at, end);
    at = afterBlanks(text, keyEnd, end);
    const valueStart = afterBlanks(text, at + 1, end); // the colon is one character
    const valueEnd = afterValue(text, valueStart, end);
    for (let n = 0; n < steps.length; n++) {
      if (!isKey(text, keyStart, keyEnd, steps[n]?.key ?? '')) continue;
      members[n * 2] = valueStart;
      members[n * 2 + 1] = valueEnd;
    }
    at = afterBlanks(text, valueEnd, end);
    if (text.charCodeAt(at) !== COMMA) return;
    at = afterBlanks(text, at + 1, end);
  }
}

/** `text[start, end)` is a key with its quotes. */
function isKey(text: string, start: number, end: number, key: string): boolean {
  const length = end - start - 2;
  if (length === key.length && text.startsWith(key, start + 1)) return !hasEscape(key);
  // An escape has at least one character more than what it stands for.
  if (length <= key.length) return false;
  const written = text.slice(start, end);
  if (!hasEscape(written)) return false;
  const read: unknown = JSON.parse(written);
  return read === key;
}

/** A key that is written like this text would be another key, because a backslash begins an escape. */
const hasEscape = (text: string): boolean => text.includes('\\');

function afterBlanks(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && isBlank(text.charCodeAt(at))) at += 1;
  return at;
}

/** JSON's blanks are the space, the tab, and the two line ends, which are the only characters up to the space that may stand between values. */
const isBlank = (code: number): boolean => code <= SPACE;

/** Returns the position behind the closing quote of the string that begins at `start`. */
function afterString(text: string, start: number, end: number): number {
  let at = start + 1;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    at += code === BACKSLASH ? 2 : 1;
  }
  return end;
}

function afterValue(text: string, start: number, end: number): number {
  const first = text.charCodeAt(start);
  if (first === QUOTE) return afterString(text, start, end);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return afterContainer(text, start, end);
  let at = start;
  while (at < end && !isEndOfScalar(text.charCodeAt(at))) at += 1;
  return at;
}

const isEndOfScalar = (code: number): boolean =>
  code === COMMA || code === CLOSE_BRACE || code === CLOSE_BRACKET || isBlank(code);

function afterContainer(text: string, start: number, end: number): number {
  let depth = 0;
  let at = start;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = afterString(text, at, end);
      continue;
    }
    at += 1;
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth += 1;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return end;
}
