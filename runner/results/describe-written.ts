/** Explains to people which items are missing from the results, and why. Pure. */
import { plural } from '../display/format.js';
import type { WrittenResults } from './write-results.js';

export interface ResultProblem {
  readonly code: 'results-damaged' | 'results-incomplete';
  /** Short enough for one event of a display. */
  readonly message: string;
}

/** A longer list would add nothing. */
const NAMED_BATCHES = 5;

/** Empty when every item has its line. */
export function problemsOf(written: WrittenResults): readonly ResultProblem[] {
  return [
    ...describeDamaged(written).map((message) => ({ code: 'results-damaged' as const, message })),
    ...describeMissing(written).map((message) => ({ code: 'results-incomplete' as const, message })),
  ];
}

function describeMissing({ batches, missingBatches, firstMissing }: WrittenResults): readonly string[] {
  if (firstMissing === undefined) return [];
  const have = missingBatches === 1 ? 'has' : 'have';
  return [
    `${missingBatches} of ${batches} batches ${have} no outcome yet (the first is batch ${firstMissing}). Their items are not in the results.`,
  ];
}

function describeDamaged({ damagedBatches, damaged }: WrittenResults): readonly string[] {
  if (damagedBatches === 0) return [];
  const named = damaged.slice(0, NAMED_BATCHES);
  const more = damagedBatches - named.length;
  return [
    ...named.map(
      ({ batch, items, fault }) =>
        `Batch ${batch} is damaged: its outcome ${fault}. Its ${plural(items, 'item')} ${items === 1 ? 'is' : 'are'} not in the results.`,
    ),
    ...(more === 0
      ? []
      : [`${plural(more, 'other batch', 'other batches')} ${more === 1 ? 'is' : 'are'} damaged, too.`]),
    'To compute the items of a damaged batch again, submit the dataset under a new --id.',
  ];
}
