/**
 * The lines of an uploaded dataset. An item's line is its JSON text, unchanged. A line that could not be read is kept in its place as
 * `!{"code":…,"message":…}`: no JSON text begins with `!`, so the two can never be confused.
 */
import { decodeItemError, type ItemError } from './result-line.js';
import { count, decode, object, optional, text } from './shape.js';

export type InputLine =
  { readonly kind: 'item'; readonly json: string } | { readonly kind: 'bad'; readonly error: ItemError };

const BAD_MARK = '!';

export const encodeBadLine = (error: ItemError): string =>
  BAD_MARK + JSON.stringify({ code: error.code, message: error.message });

/** A line that is marked as bad is not an item, even when the rest of it cannot be decoded. */
const UNREADABLE: ItemError = { code: 'BadItem', message: 'The line could not be read when it was submitted.' };

/** Decodes a line that comes without its newline. */
export function decodeInputLine(line: string): InputLine {
  if (!line.startsWith(BAD_MARK)) return { kind: 'item', json: line };
  return { kind: 'bad', error: decodeItemError(line.slice(BAD_MARK.length)) ?? UNREADABLE };
}

/** A line of a dataset of objects (`DatasetSpec.kind === 'objects'`). */
export interface ObjectReference {
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  /** The name for people and models: a file's path in its folder, or a key without its prefix. Older versions write none. */
  readonly name?: string;
}

/** The lengths of the longest names that S3 allows. */
const BUCKET_CHARACTERS = 255;
const KEY_CHARACTERS = 1_024;
/** The longest path that Linux allows. https://man7.org/linux/man-pages/man7/path_resolution.7.html */
const NAME_CHARACTERS = 4_096;

const reference = object<ObjectReference>({
  bucket: text(BUCKET_CHARACTERS),
  key: text(KEY_CHARACTERS),
  size: count,
  name: optional(text(NAME_CHARACTERS)),
});

export const decodeObjectReference = (json: string): ObjectReference | undefined => decode(reference, json);
