/** The amount of work: the full measurement, or with --quick less of it, to see that the benchmark works. */
export interface Sizes {
  readonly rounds: number;
  readonly downloads: readonly number[];
  /** Sequential downloads are limited to this number; the time of more is extrapolated. */
  readonly serialDownloads: number;
  /** The number of passes over few downloads in a round: the fewer downloads, the more the slowest of them varies. */
  readonly downloadPasses: number;
  readonly trees: readonly number[];
  /** One after another, at most so many trees are trained. */
  readonly serialTrees: number;
  readonly treeRows: number;
}

export const FULL: Sizes = {
  rounds: 5,
  downloads: [10, 1_000],
  serialDownloads: 100,
  downloadPasses: 10,
  trees: [50, 300],
  serialTrees: 50,
  treeRows: 30_000,
};

export const QUICK: Sizes = {
  rounds: 2,
  downloads: [10, 400],
  serialDownloads: 30,
  downloadPasses: 3,
  trees: [20, 60],
  serialTrees: 20,
  treeRows: 10_000,
};
