/** The pools that the report is about. A batch is ten items of two seconds, as `try`'s pace would cut it. */
import type { ScaleShape } from './run-scale.js';

const SECOND_MS = 1_000;

const BATCHES = { jobs: 10, batchesPerJob: 10_000, itemsPerBatch: 10 } as const;

/** These take seconds, and let a test run the whole command. */
export const QUICK: readonly ScaleShape[] = [
  { workers: 10, jobs: 2, batchesPerJob: 40, itemsPerBatch: 10, msPerItem: 2 * SECOND_MS, stormAtMs: 60 * SECOND_MS },
];

export const LARGE: readonly ScaleShape[] = [
  ...QUICK,
  { ...BATCHES, workers: 100, batchesPerJob: 400, msPerItem: 2 * SECOND_MS, stormAtMs: 150 * SECOND_MS },
  { ...BATCHES, workers: 1_000, itemsPerBatch: 4, msPerItem: 1_250, stormAtMs: 150 * SECOND_MS },
  // The start alone: a second of 5,000 workers takes several seconds of a processor.
  { ...BATCHES, workers: 5_000, msPerItem: 2 * SECOND_MS, stormAtMs: 60 * SECOND_MS, endsAtMs: 44 * SECOND_MS },
];
