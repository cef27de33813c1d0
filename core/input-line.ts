/**
 * Lines of an uploaded dataset. An item is its JSON text as it is. A line that could not be read is kept in its place as
 * `!{"code":…,"message":…}`: no JSON text begins with `!`, so the two can never be confused.
 */
import type { ItemError } from './result-line.js';

export type InputLine =
  { readonly kind: 'item'; readonly json: string } | { readonly kind: 'bad'; readonly error: ItemError };

const BAD_MARK = '!';

export const encodeBadLine = (error: ItemError): string =>
  BAD_MARK + JSON.stringify({ code: error.code, message: error.message });

/** `line` without its newline. */
export function decodeInputLine(line: string): InputLine {
  if (!line.startsWith(BAD_MARK)) return { kind: 'item', json: line };
  return { kind: 'bad', error: JSON.parse(line.slice(BAD_MARK.length)) as ItemError };
}

/** A line of a dataset of objects (`DatasetSpec.kind === 'objects'`). */
export interface ObjectReference {
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
}
