/** The amount of work: the full measurement, or with --quick less of it, to see that the benchmark works. */
export interface Sizes {
  readonly rounds: number;
  /** The files of the folder. */
  readonly files: number;
  /** The rows of a table. */
  readonly rows: number;
}

export const FULL: Sizes = { rounds: 3, files: 50_000, rows: 3_000_000 };

export const QUICK: Sizes = { rounds: 2, files: 2_000, rows: 100_000 };
