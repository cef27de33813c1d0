/**
 * Shortens text of others where it matters least: first the middle of a stack, then the middle of long paths and of other long words, and only then
 * sentences. The core of a message stays longest: the line that names the error.
 */
const GAP = ' … ';
/** A longer text is first cut to its two ends, because the patterns below are for texts that a person would read. */
const LONGEST_SEARCHED = 16_384;
const SHORTEST_CUT_PATH_MIDDLE = 8;
const LONG_WORD_HEAD = 40;
const LONG_WORD_TAIL = 20;
/** In a text that is too long the core gets at most this share, so that a part of its context stays. */
const CORE_SHARE = 0.8;
/** In a core that is too long the beginning gets this share, because it names the error. */
const HEAD_SHARE = 0.7;

const JS_FRAME = String.raw`\s+at (?:(?:async|new) )*(?:[^\s()]+(?: \[as [^\]\s]+\])? \([^()\n]*\)|[^\s()]+:\d+:\d+)`;
const PYTHON_FRAME = String.raw`\s+File "[^"\n]*", line \d+, in \S+(?:\n[ \t]+(?!File ")[^\n]*)*`;
const FRAMES = [JS_FRAME, PYTHON_FRAME];

export function shorten(text: string, mostCharacters: number): string {
  if (text.length <= mostCharacters) return text;
  let shown = text.length > LONGEST_SEARCHED ? headAndTail(text, LONGEST_SEARCHED) : text;
  for (const step of [withoutMiddleFrames, withShortPaths, withoutFrames, withShortWords]) {
    shown = step(shown);
    if (shown.length <= mostCharacters) return shown;
  }
  return aroundCore(shown, mostCharacters);
}

function withoutMiddleFrames(text: string): string {
  return FRAMES.reduce(
    (shown, frame) =>
      shown.replaceAll(
        new RegExp(`(${frame})(?:${frame})+(${frame})`, 'g'),
        (_, first: string, last: string) => `${first} …${last}`,
      ),
    text,
  );
}

function withoutFrames(text: string): string {
  return FRAMES.reduce((shown, frame) => shown.replaceAll(new RegExp(`(?:${frame}(?: …)?)+`, 'g'), ' …'), text);
}

/** `/opt/a/b/c/model/weights.bin` becomes `/opt/…/model/weights.bin`: the root and the name identify the file. */
function withShortPaths(text: string): string {
  return text.replaceAll(
    /(?<![^\s'"`()=,])((?:\w+:\/\/)?\/?[^\s/'"`()]+)((?:\/[^\s/'"`()]+)+)(\/[^\s/'"`()]+\/[^\s/'"`()]+)/g,
    (path, root: string, middle: string, name: string) =>
      middle.length > SHORTEST_CUT_PATH_MIDDLE ? `${root}/…${name}` : path,
  );
}

function withShortWords(text: string): string {
  return text.replaceAll(/\S{81,}/g, (word) => `${first(word, LONG_WORD_HEAD)}…${last(word, LONG_WORD_TAIL)}`);
}

/** The patterns of a core: a line, or the rest of a line, that names an error. The last match counts. */
const CORES = [
  /(?:\b[A-Za-z_.]*(?:Error|Exception|Exit|Interrupt)\b|\bE[A-Z]{3,}\b|\b(?:error|fatal|panic)\b)(?: \[\w+\])?:[^\n]*/g,
  /\b(?:[Nn]o such|[Nn]ot found|[Cc]annot|[Cc]ould not|[Dd]enied|[Rr]efused|[Ii]nvalid|[Ff]ailed)\b[^\n]*/g,
];

function aroundCore(text: string, most: number): string {
  const core = CORES.map((pattern) => [...text.matchAll(pattern)].at(-1)).find((match) => match !== undefined);
  if (core === undefined) return headAndTail(text, most);
  const end = core.index + core[0].length;
  const kept = headAndTail(core[0], Math.floor(most * CORE_SHARE), HEAD_SHARE);
  const room = most - kept.length;
  const after = head(text.slice(end), Math.max(0, room - core.index));
  const before = head(text.slice(0, core.index), room - after.length);
  return `${before}${kept}${after}`;
}

/** Keeps as much as there is room for, and marks that there was more. */
function head(text: string, most: number): string {
  if (text.length <= most) return text;
  return most <= GAP.length ? '' : `${first(text, most - GAP.length).trimEnd()}${GAP}`;
}

function headAndTail(text: string, most: number, headShare = 0.5): string {
  if (text.length <= most) return text;
  const room = Math.max(0, most - GAP.length);
  const headLength = Math.ceil(room * headShare);
  const [head, tail] = [first(text, headLength).trimEnd(), last(text, room - headLength).trimStart()];
  return `${head}${GAP}${tail}`.slice(0, most);
}

/** A character of two code units is not cut in half. */
const first = (text: string, length: number): string => text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
const last = (text: string, length: number): string => text.slice(text.length - length).replace(/^[\uDC00-\uDFFF]/, '');
