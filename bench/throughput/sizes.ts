/** How much is done: the real thing, or with --quick less of it, to see that it works. */
export interface Sizes {
  readonly rounds: number;
  /** What a run of section 1 is to take at the contender's expected pace. */
  readonly slotSeconds: number;
  readonly pipelineBatches: number;
  readonly downloads: readonly number[];
  /** One after another, no more than these are done: the time of more is scaled. */
  readonly serialDownloads: number;
  readonly treeRows: number;
  readonly images: number;
  readonly enqueuedItems: number;
  /** Sent one by one; ten times as many for whoever sends by ten. */
  readonly enqueueSample: number;
}

export const FULL: Sizes = {
  rounds: 5,
  slotSeconds: 4,
  pipelineBatches: 60,
  downloads: [10, 1_000],
  serialDownloads: 100,
  treeRows: 614_400,
  images: 13_394,
  enqueuedItems: 1_000_000,
  enqueueSample: 200,
};

export const QUICK: Sizes = {
  rounds: 2,
  slotSeconds: 2,
  pipelineBatches: 30,
  downloads: [10, 1_000],
  serialDownloads: 50,
  treeRows: 61_440,
  images: 2_560,
  enqueuedItems: 100_000,
  enqueueSample: 100,
};
