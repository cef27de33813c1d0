/** R10: decides whether a job ends because its items fail: more of them than it allows, or all items of a fair sample. */
import { type FailedItems, mostFailed } from '../contract/max-failed.js';
import { SAMPLE_BATCHES } from '../dataset/sending-order.js';

/** With large batches a smaller sample is enough: so many items, out of at least so many batches. */
const SAMPLE_ITEMS = 200;
const SAMPLE_ITEMS_OF_BATCHES = 5;

/** The items and batches of a resumed job are those since the resume; `total` and `left` are of the whole job. */
export interface FailedItemsFacts extends FailedItems {
  readonly batches: { readonly total: number; readonly done: number; readonly left: number };
  readonly isResumed: boolean;
}

/** Returns why the job ends, as a sentence, or undefined while it goes on. */
export function whyItemsEndJob(facts: FailedItemsFacts): string | undefined {
  return overMaximum(facts) ?? nothingIsRight(facts);
}

function overMaximum({ items, maxFailed, batches, isResumed }: FailedItemsFacts): string | undefined {
  if (maxFailed === undefined || items.failed <= mostFailed(maxFailed, items.total)) return undefined;
  const failed = isResumed
    ? `Since the job was resumed, ${items.failed} of its ${items.total} items have failed`
    : `${items.failed} of its ${items.total} items have failed`;
  return `${failed}, and --max-failed is ${maxFailed}. ${restOf(batches)}`;
}

function nothingIsRight({ items, batches, maxFailed, isResumed }: FailedItemsFacts): string | undefined {
  if (items.ok > 0 || items.failed === 0) return undefined;
  if (maxFailed !== undefined && mostFailed(maxFailed, items.total) >= items.total) return undefined;
  const isSample =
    batches.done >= SAMPLE_BATCHES || (items.failed >= SAMPLE_ITEMS && batches.done >= SAMPLE_ITEMS_OF_BATCHES);
  if (!isSample) return undefined;
  return (
    `Not one item is ok${isResumed ? ' since the job was resumed' : ''}: ` +
    `all ${items.failed} items of the first ${batches.done} batches failed. ${restOf(batches)} ` +
    'To let such a job go on, resume it with --max-failed 100%.'
  );
}

const restOf = ({ total, left }: FailedItemsFacts['batches']): string =>
  left === 1 ? 'The job was ended with 1 batch left.' : `The job was ended with ${left} of ${total} batches left.`;
