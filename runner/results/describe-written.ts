/** Explains to people which items are missing from the results, and why. Pure. */
import { count, plural } from '../display/format.js';
import type { WrittenResults } from './write-results.js';

export interface ResultProblem {
  readonly code: 'results-damaged' | 'results-incomplete';
  /** Short enough for one event of a display. */
  readonly message: string;
}

/** A longer list would add nothing. */
const NAMED_BATCHES = 5;

/** Empty when every item has its line. `partialCommand` writes what workers have saved of unfinished batches. */
export function problemsOf(written: WrittenResults, partialCommand: string): readonly ResultProblem[] {
  return [
    ...damagedOf(written),
    ...describeMissing(written, partialCommand).map((message) => ({ code: 'results-incomplete' as const, message })),
  ];
}

/** Lines of damaged outcomes are missing from the results. */
export const damagedOf = (written: WrittenResults): readonly ResultProblem[] =>
  describeDamaged(written).map((message) => ({ code: 'results-damaged' as const, message }));

/** Says how many rows were written. The counts are of all items, whichever of them were chosen. */
export function writtenText(
  { items, ok, failed, file }: WrittenResults & { readonly file: string },
  only: 'ok' | 'failed' | undefined,
): string {
  if (only === undefined)
    return `Wrote ${plural(items, 'result')} to ${file}: ${count(ok)} ok, ${count(failed)} failed.`;
  return `Wrote ${plural(items, `${only} result`)} to ${file}. In all there are ${count(ok)} ok and ${count(failed)} failed.`;
}

/** Empty when the form of the results has no types. */
export const columnsText = (file: string, columns: string | undefined): readonly string[] =>
  columns === undefined ? [] : [`The columns of ${file} are ${columns}.`];

/** Empty when the inputs of failed items were not asked for. */
export function failedItemsText({ failed, failedItems }: WrittenResults): readonly string[] {
  if (failedItems === undefined) return [];
  const unreadable = failed - failedItems.items;
  const head = `Wrote the ${plural(failedItems.items, 'failed item')} to ${failedItems.file}.`;
  return unreadable === 0
    ? [head]
    : [`${head} ${plural(unreadable, 'item')} could not be read when they were submitted, so they are not in it.`];
}

/** Says which of the results come from reruns, and which reruns may bring more. */
export const rerunsText = ({ reruns = [] }: WrittenResults): readonly string[] =>
  reruns.flatMap(({ job, state, items }) => {
    const isOpen = state === 'submitting' || state === 'running';
    if (items === 0 && !isOpen) return [];
    const more = isOpen ? ' That rerun has not ended, so it may bring more.' : '';
    return [`${plural(items, 'result')} ${items === 1 ? 'is' : 'are'} from the rerun ${job}.${more}`];
  });

function describeMissing(
  { batches, missingBatches, firstMissing, partialItems }: WrittenResults,
  partialCommand: string,
): readonly string[] {
  if (firstMissing === undefined) return [];
  if (partialItems !== undefined) {
    return [
      `${missingBatches} of ${batches} batches have no outcome yet. The results have ${count(partialItems)} of their items, because workers have saved them.`,
    ];
  }
  const have = missingBatches === 1 ? 'has' : 'have';
  return [
    `${missingBatches} of ${batches} batches ${have} no outcome yet (the first is batch ${firstMissing}). Their items are not in the results. Those that workers have saved so far: ${partialCommand}`,
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
