/**
 * The order in which a job's messages are sent. A dataset is often sorted, so its first batches may all be alike: the first that are
 * sent come from all over it, so that they are a fair sample of what the model makes of the dataset (R10).
 *
 * The order depends on the number of batches alone, so that a submit that broke off goes on along it from what `input/sent.json` counts.
 */
export const SAMPLE_BATCHES = 20;

/** Every fourth batch of the sample, then those in the middle between them, then the rest: after any five, all of the dataset was seen. */
const STRIDE = 4;
const STARTS = [0, 2, 1, 3];

/** `plan`: the batches in the order of the dataset. SQS gives messages roughly in the order in which they were sent. */
export function inSendingOrder<Batch>(plan: readonly Batch[]): readonly Batch[] {
  const sample = samplePositions(plan.length);
  const isSampled = new Set(sample);
  const sampled = sample.flatMap((position) => plan.slice(position, position + 1));
  return [...sampled, ...plan.filter((_, position) => !isSampled.has(position))];
}

function samplePositions(batches: number): readonly number[] {
  const size = Math.min(SAMPLE_BATCHES, batches);
  const order: number[] = [];
  for (const start of STARTS) for (let nth = start; nth < size; nth += STRIDE) order.push(nth);
  return order.map((nth) => Math.floor((nth * (batches - 1)) / Math.max(1, size - 1)));
}
