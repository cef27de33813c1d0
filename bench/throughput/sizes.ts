/** The amount of work: the full measurement, or with --quick less of it, to see that the benchmark works. */
export interface Sizes {
  readonly rounds: number;
  /** The duration of a run of section 1 at the contender's expected pace. */
  readonly slotSeconds: number;
  readonly pipelineBatches: number;
  readonly memoryBatches: number;
  readonly downloads: readonly number[];
  /** Sequential downloads are limited to this number; the time of more is extrapolated. */
  readonly serialDownloads: number;
  /** The number of passes over few downloads in a round: the fewer downloads, the more the slowest of them varies. */
  readonly downloadPasses: number;
  readonly treeRows: number;
  readonly images: number;
  readonly enqueuedItems: number;
  /** The number of items that are sent one by one; senders of ten at a time get ten times as many. */
  readonly enqueueSample: number;
  /** The number of reclaims with a notice, and again without. */
  readonly reclaims: number;
  readonly starts: number;
  readonly tailItems: number;
  readonly flatBatches: number;
  /** The number of items of the measurement of processor time. */
  readonly shortItems: number;
}

export const FULL: Sizes = {
  rounds: 5,
  slotSeconds: 3,
  pipelineBatches: 50,
  memoryBatches: 24,
  downloads: [10, 1_000],
  serialDownloads: 100,
  downloadPasses: 10,
  treeRows: 614_400,
  images: 13_394,
  enqueuedItems: 1_000_000,
  enqueueSample: 200,
  reclaims: 100,
  starts: 10,
  tailItems: 2_560,
  flatBatches: 40_000,
  shortItems: 20_000,
};

export const QUICK: Sizes = {
  rounds: 2,
  slotSeconds: 2,
  pipelineBatches: 30,
  memoryBatches: 16,
  downloads: [10, 1_000],
  serialDownloads: 50,
  downloadPasses: 5,
  treeRows: 204_800,
  images: 2_560,
  enqueuedItems: 100_000,
  enqueueSample: 100,
  reclaims: 8,
  starts: 3,
  tailItems: 1_280,
  flatBatches: 3_000,
  shortItems: 6_000,
};
