/** R10: whether a job ends because its items fail: more of them than it allows, or every one of a fair sample. */
import { type FailedItems, mostFailed } from '../contract/max-failed.js';
import { SAMPLE_BATCHES } from '../dataset/sending-order.js';

/** Large batches need not all be done to know: so many items, out of at least so many batches, are a sample as well. */
const SAMPLE_ITEMS = 200;
const SAMPLE_ITEMS_OF_BATCHES = 5;

export interface FailedItemsFacts extends FailedItems {
  readonly batches: { readonly total: number; readonly done: number };
}

/** Why the job ends, as a sentence; undefined while it goes on. */
export function whyItemsEndJob(facts: FailedItemsFacts): string | undefined {
  return overMaximum(facts) ?? nothingIsRight(facts);
}

function overMaximum({ items, maxFailed, batches }: FailedItemsFacts): string | undefined {
  if (maxFailed === undefined || items.failed <= mostFailed(maxFailed, items.total)) return undefined;
  return `${items.failed} of its ${items.total} items have failed, and --max-failed is ${maxFailed}. ${restOf(batches)}`;
}

function nothingIsRight({ items, batches, maxFailed }: FailedItemsFacts): string | undefined {
  if (items.ok > 0 || items.failed === 0) return undefined;
  if (maxFailed !== undefined && mostFailed(maxFailed, items.total) >= items.total) return undefined;
  const isSample =
    batches.done >= SAMPLE_BATCHES || (items.failed >= SAMPLE_ITEMS && batches.done >= SAMPLE_ITEMS_OF_BATCHES);
  if (!isSample) return undefined;
  return (
    `Not one item is ok: all ${items.failed} items of the first ${batches.done} batches failed. ${restOf(batches)} ` +
    'A job that is to go on all the same is submitted with --max-failed 100%.'
  );
}

const restOf = ({ total, done }: FailedItemsFacts['batches']): string =>
  total - done === 1
    ? 'The job was ended with 1 batch left.'
    : `The job was ended with ${total - done} of ${total} batches left.`;
