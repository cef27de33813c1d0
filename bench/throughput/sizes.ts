/** How much is done: the real thing, or with --quick less of it, to see that it works. */
export interface Sizes {
  readonly rounds: number;
  /** What a run of section 1 is to take at the contender's expected pace. */
  readonly slotSeconds: number;
  readonly pipelineBatches: number;
}

export const FULL: Sizes = { rounds: 5, slotSeconds: 4, pipelineBatches: 60 };

export const QUICK: Sizes = { rounds: 2, slotSeconds: 2, pipelineBatches: 30 };
