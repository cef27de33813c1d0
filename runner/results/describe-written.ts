/** Sentences for people about what is missing in the results, and why. Pure. */
import { plural } from '../display/format.js';
import type { WrittenResults } from './write-results.js';

export interface Trouble {
  readonly code: 'results-damaged' | 'results-incomplete';
  /** Short enough for one event of a display. */
  readonly message: string;
}

/** More of them tell nothing new. */
const NAMED_BATCHES = 5;

/** None when every item has its line. */
export function troublesOf(written: WrittenResults): readonly Trouble[] {
  return [
    ...describeDamaged(written).map((message) => ({ code: 'results-damaged' as const, message })),
    ...describeMissing(written).map((message) => ({ code: 'results-incomplete' as const, message })),
  ];
}

function describeMissing({ batches, missingBatches, firstMissing }: WrittenResults): readonly string[] {
  if (firstMissing === undefined) return [];
  const have = missingBatches === 1 ? 'has' : 'have';
  return [
    `${missingBatches} of ${batches} batches ${have} no outcome yet, the first of them batch ${firstMissing}: their items are left out.`,
  ];
}

function describeDamaged({ damagedBatches, damaged }: WrittenResults): readonly string[] {
  if (damagedBatches === 0) return [];
  const named = damaged.slice(0, NAMED_BATCHES);
  const more = damagedBatches - named.length;
  return [
    ...named.map(
      ({ batch, items, fault }) =>
        `Batch ${batch} is damaged: its outcome ${fault}. Its ${plural(items, 'item')} ${items === 1 ? 'is' : 'are'} left out of the results.`,
    ),
    ...(more === 0
      ? []
      : [`${plural(more, 'other batch', 'other batches')} ${more === 1 ? 'is' : 'are'} damaged, too.`]),
    'To compute the items of a damaged batch again, submit the dataset with another --id.',
  ];
}
