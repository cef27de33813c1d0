/** The items that `--items` names: indexes and ranges of indexes, such as `17,20-30`. */
import { formatRanges, parseRanges, type Ranges } from '../dataset/ranges.js';

export const ITEMS_FORM = 'indexes and ranges of indexes, such as 17,20-30';

/** The largest index of an item (core/contract/result-line.ts). */
const INDEX = /^\d{1,15}$/;

/** Returns undefined for a text of another form, or for a range that runs backwards. */
export function parseItems(text: string): Ranges | undefined {
  const parts = text.split(',').map((part) => part.trim());
  for (const part of parts) {
    const ends = part.split('-');
    const [first = '', last = first] = ends;
    if (ends.length > 2 || !INDEX.test(first) || !INDEX.test(last) || Number(last) < Number(first)) return undefined;
  }
  return parseRanges(parts.join(','));
}

/** The same items give the same text. */
export const formatItems = (items: Ranges): string => formatRanges(items);
