/**
 * The order in which a job's messages are sent. A dataset is often sorted, so its first batches may all be alike. So the first batches that are sent come
 * from all over the dataset, and are a fair sample of the model's results (R10).
 *
 * The order depends only on the number of batches, so that a submit that broke off can go on from the count in `input/sent.json`.
 */
export const SAMPLE_BATCHES = 20;

/** Every fourth batch of the sample comes first, then the batches in the middle between them, then the rest: the first five come from all over the dataset. */
const STRIDE = 4;
const STARTS = [0, 2, 1, 3];

/** `plan` has the batches in the order of the dataset. SQS delivers messages roughly in the order in which they were sent. */
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
