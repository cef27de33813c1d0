/** Is a line JSON, and if it is not, what is said of it. */
import { messageOf } from '../errors.js';
import { forEachWord } from './json-words.js';

/** What JavaScript and Python call numbers, and JSON does not. */
const NO_NUMBERS: ReadonlySet<string> = new Set(['NaN', 'Infinity', '-Infinity']);

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Completes "line N …"; undefined when the text is JSON. */
export function notJson(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const found = noNumber(text);
    if (found === undefined) return `is not JSON (${messageOf(error)})`;
    const { word, path } = found;
    return (
      `is not JSON: it holds ${word}${path === '' ? '' : ` (in ${path})`}, which JSON has no number for. Python's json.dumps writes it unless it is told ` +
      'allow_nan=False; write null instead'
    );
  }
}

/** The first NaN or Infinity of a text that would be JSON without those. */
export function noNumber(text: string): { readonly word: string; readonly path: string } | undefined {
  let first: { readonly word: string; readonly path: string } | undefined;
  let repaired = '';
  let done = 0;
  forEachWord(text, ({ start, end, path }) => {
    const word = text.slice(start, end);
    if (!NO_NUMBERS.has(word)) return;
    first ??= { word, path: path() };
    repaired += `${text.slice(done, start)}null`;
    done = end;
  });
  return first !== undefined && isJson(repaired + text.slice(done)) ? first : undefined;
}
