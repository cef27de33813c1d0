/**
 * What the pipeline may hold in memory (R11): fetched input, and results that are not committed yet. Together they have one budget: what is over it is
 * waited for (input), or saved to the bucket and let go (results).
 */
export interface MemoryLimits {
  readonly budgetBytes: number;
  /** A batch with more than twice as much input is fetched, and computed, in pieces of about so much. */
  readonly pieceBytes: number;
  /** The same for the objects of a dataset of objects, when they are larger than this. */
  readonly objectPieceBytes: number;
  /** A batch with more results lets go of them. */
  readonly resultBytes: number;
  /** The same while somebody waits for the budget: less is not worth a request. */
  readonly leastResultBytes: number;
}

const MIB = 1024 * 1024;

/**
 * A small part of the two GiB and more that a core comes with on AWS, and enough for some batches of the size that `submit` makes: more slots, more of it.
 * Resident is up to three times as much, in lines and buffers.
 */
const BUDGET_BYTES_PER_CPU = 32 * MIB;

/** A worker's share beside its models. No batch that `submit` makes goes in pieces, unless a single item is that large. */
export const memoryLimitsFor = (cpus: number): MemoryLimits => ({
  budgetBytes: cpus * BUDGET_BYTES_PER_CPU,
  pieceBytes: 8 * MIB,
  // For each core one that is computed, and one that is fetched.
  objectPieceBytes: BUDGET_BYTES_PER_CPU / 2,
  resultBytes: 8 * MIB,
  leastResultBytes: 2 * MIB,
});
