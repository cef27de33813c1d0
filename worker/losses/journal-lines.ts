/**
 * The lines of the worker's journal (journal.ts): the process that writes it, then for each batch of a slot its last items, or that it is no longer held. The
 * last line of a lease counts. The journal lies where models may write too, so what does not have the form of a line is skipped (R13).
 */
import { jobId } from '../../core/contract/job-id.js';
import { formatItems, itemsText } from '../../core/contract/loss-mark.js';
import { count, decode, flag, just, object, text } from '../../core/contract/shape.js';
import { addToRanges, countOf, parseRanges, type Ranges } from '../../core/dataset/ranges.js';

/** The items that the slots have of one batch. */
export interface InSlots {
  readonly job: string;
  readonly batch: number;
  readonly lease: string;
  /** The items by their positions in the dataset. */
  readonly items: readonly number[];
  /** Their process was asked no item before these. */
  readonly isFirst: boolean;
}

export interface LastItems extends Omit<InSlots, 'items'> {
  readonly items: Ranges;
  /** The one item was the only one in all slots, and the first that its process was asked. */
  readonly alone: boolean;
}

/** A path in the bucket is made of it. */
const lease = text(256, /^[A-Za-z0-9][\w.-]*$/);

interface ItemsLine extends Omit<InSlots, 'items'> {
  readonly items: string;
}

const itemsLine = object<ItemsLine>({ job: jobId, batch: count, lease, items: itemsText, isFirst: flag });
const goneLine = object<{ readonly gone: true; readonly lease: string }>({ gone: just(true), lease });
const processLine = object<{ readonly process: number }>({ process: count });

export const encodeItems = ({ job, batch, lease: id, items, isFirst }: InSlots): string =>
  `${JSON.stringify({ job, batch, lease: id, items: formatItems(rangesOf(items)), isFirst } satisfies ItemsLine)}\n`;

export const encodeGone = (id: string): string => `${JSON.stringify({ gone: true, lease: id })}\n`;

export const encodeProcess = (pid: number): string => `${JSON.stringify({ process: pid })}\n`;

/** The items of a slice are nearly always consecutive, so they are not sorted for every slice. */
function rangesOf(items: readonly number[]): Ranges {
  const ranges: { first: number; last: number }[] = [];
  for (const item of items) {
    const before = ranges.at(-1);
    if (before !== undefined && item === before.last + 1) before.last = item;
    else ranges.push({ first: item, last: item });
  }
  return ranges.length === 1 ? ranges : addToRanges([], items);
}

export interface ReadJournal {
  /** The process that wrote the journal. */
  readonly process: number | undefined;
  readonly inSlots: readonly LastItems[];
}

/** A line without its end was being written when the worker died, and its items had reached no process yet. */
export function readJournal(journal: string): ReadJournal {
  const found = new Map<string, Omit<LastItems, 'alone'>>();
  let process: number | undefined;
  for (const line of journal.split('\n').slice(0, -1)) {
    process ??= decode(processLine, line)?.process;
    const items = decode(itemsLine, line);
    const gone = decode(goneLine, line);
    if (items !== undefined) found.set(items.lease, { ...items, items: parseRanges(items.items) });
    else if (gone !== undefined) found.delete(gone.lease);
  }
  const all = [...found.values()];
  const isSingle = all.length === 1;
  return {
    process,
    inSlots: all.map((last) => ({ ...last, alone: isSingle && last.isFirst && countOf(last.items) === 1 })),
  };
}
