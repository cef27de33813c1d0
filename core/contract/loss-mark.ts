/**
 * The mark of a loss (`losses/<batch>/<lease>.json`, R4): the worker died while the batch was in its slots. It is written by what outlives the worker, from the
 * worker's journal. Its key names the lease, and with it the instance.
 */
import { formatRanges, parseRanges, type Ranges } from '../dataset/ranges.js';
import { decode, flag, instant, object, text } from './shape.js';

export interface LossMark {
  readonly at: string;
  /** The items that the slots had last, by their positions in the dataset. */
  readonly items: Ranges;
  /**
   * The one item was the only one that any slot of the worker had, and the first that its process was asked. So no other item can be the cause.
   */
  readonly alone: boolean;
}

/** Items that are spread over more ranges than this are given by one range that holds them all. */
const MOST_RANGES = 64;
const RANGES = /^\d{1,15}(?:-\d{1,15})?(?:,\d{1,15}(?:-\d{1,15})?)*$/;
const RANGE_CHARACTERS = 32;

export const MOST_LOSS_BYTES = MOST_RANGES * RANGE_CHARACTERS + 1_024;

/** Items of a slot as text, such as `3-9,12`. */
export const itemsText = text(MOST_RANGES * RANGE_CHARACTERS, RANGES);

interface Wire {
  readonly at: string;
  readonly items: string;
  readonly alone: boolean;
}

const wire = object<Wire>({ at: instant, items: itemsText, alone: flag });

export const encodeLossMark = ({ at, items, alone }: LossMark): string =>
  `${JSON.stringify({ at, items: formatItems(items), alone } satisfies Wire)}\n`;

export function decodeLossMark(json: string | Uint8Array): LossMark | undefined {
  const read = decode(wire, json);
  return read && { ...read, items: parseRanges(read.items) };
}

export function formatItems(items: Ranges): string {
  const [first, last] = [items[0], items.at(-1)];
  const isLong = items.length > MOST_RANGES && first !== undefined && last !== undefined;
  return formatRanges(isLong ? [{ first: first.first, last: last.last }] : items);
}
