/**
 * `jobs/<parent>/reruns/<rerun>.json` names a rerun of the job. It is written once, before the rerun's manifest, so that readers of the parent find every rerun
 * that has results. A mark whose rerun has no manifest belongs to a submission that broke off or still uploads, and counts for nothing.
 */
import { NAME_CHARACTERS } from './job-options.js';
import { jobId } from './job-id.js';
import { decode, flag, just, list, object, optional, type Shape, text, time, words } from './shape.js';

/** Says which items of the parent were chosen, for people, and for a repeated command. The chosen items themselves are in `originsKey`. */
export interface RerunSelection {
  /** Only items that failed were taken. */
  readonly failed: boolean;
  /** Only items that failed with one of these codes were taken. */
  readonly codes?: readonly string[];
  /** Only items of these indexes were taken, as ranges: `17,20-30`. */
  readonly items?: string;
}

export interface RerunMark {
  readonly version: 1;
  readonly rerun: string;
  readonly selection: RerunSelection;
  readonly at: string;
  readonly by: string;
}

/** More codes are a slip: nobody types them. */
const MOST_SELECTED_CODES = 1_000;
/** A command line has room for no more. */
const MOST_ITEMS_CHARACTERS = 128 * 1024;

/** Each rerun of a family is read at once with the others, so their number has a bound. */
export const MOST_RERUNS = 100;

const selection: Shape<RerunSelection> = object<RerunSelection>({
  failed: flag,
  codes: optional(list(text(NAME_CHARACTERS), MOST_SELECTED_CODES)),
  items: optional(text(MOST_ITEMS_CHARACTERS, /^[\d,-]+$/)),
});

const rerunMark = object<RerunMark>({
  version: just(1),
  rerun: jobId,
  selection,
  at: time,
  by: words(NAME_CHARACTERS),
});

export const encodeRerunMark = (mark: RerunMark): string => `${JSON.stringify(mark)}\n`;

/** Returns the mark of this rerun, or undefined. */
export function decodeRerunMark(json: string | Uint8Array, rerun: string): RerunMark | undefined {
  const mark = decode(rerunMark, json);
  return mark?.rerun === rerun ? mark : undefined;
}

/** A line of `originsKey`: the item's index in the parent. */
export const encodeOrigin = (index: number): string => `${index}\n`;

/** Returns undefined for a line of another form. */
export const decodeOrigin = (line: string): number | undefined =>
  /^(0|[1-9]\d{0,14})$/.test(line) ? Number(line) : undefined;
