/**
 * The lines of `jobs/<job>/input/sources.jsonl`: the files and objects that a job's rows are from, in the order of the dataset, with the items that each of them
 * gave. A source without an item has no line.
 */
import { count, decode, integer, list, object, optional, text, where } from './shape.js';

export interface SourceLine {
  /** The name as it was found: a path, `-`, or `s3://bucket/key`. */
  readonly file: string;
  /** The index of its first item in the dataset. The others follow it. */
  readonly first: number;
  readonly items: number;
  /** The record of each item. Without it they are 1, 2, 3 and so on. */
  readonly rows?: readonly number[];
  readonly size?: number;
  readonly etag?: string;
}

/** Paths and keys are shorter. */
const FILE_CHARACTERS = 16 * 1024;
const ETAG_CHARACTERS = 1_024;
/** A larger sample is refused (runner/cli/values.ts), because its rows would be one long line. */
export const MOST_SAMPLE_ITEMS = 1_000_000;

const sourceLine = where(
  object<SourceLine>({
    file: text(FILE_CHARACTERS),
    first: count,
    items: integer(1, Number.MAX_SAFE_INTEGER),
    rows: optional(list(integer(1, Number.MAX_SAFE_INTEGER), MOST_SAMPLE_ITEMS)),
    size: optional(count),
    etag: optional(text(ETAG_CHARACTERS)),
  }),
  ({ rows, items }) => rows === undefined || rows.length === items,
);

export const encodeSourceLine = ({ file, first, items, rows, size, etag }: SourceLine): string =>
  `${JSON.stringify({ file, first, items, rows, size, etag })}\n`;

export const decodeSourceLine = (json: string): SourceLine | undefined => decode(sourceLine, json);

/** Returns the record of an item of the source. */
export const rowOf = ({ first, rows }: SourceLine, index: number): number | undefined =>
  rows === undefined ? index - first + 1 : rows[index - first];
