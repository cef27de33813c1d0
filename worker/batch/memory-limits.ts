/**
 * The limits of the memory for fetched input and for results that are not committed yet (R11). Input and results share
 * one budget. Beyond it input waits, and results are spilled to the bucket.
 */
export interface MemoryLimits {
  readonly budgetBytes: number;
  /** A batch with more than twice this much input is fetched and computed in pieces of about this size. */
  readonly pieceBytes: number;
  /** The same limit for the objects of a dataset of objects. */
  readonly objectPieceBytes: number;
  /** A batch with more results than this spills them. */
  readonly resultBytes: number;
  /** The same limit while a batch waits for the budget. Spilling less is not worth a request. */
  readonly leastResultBytes: number;
}

const MIB = 1024 * 1024;

/**
 * The budget is a small part of the 2 GiB or more that a core comes with on AWS. It is enough for several batches of
 * the size that `submit` makes, and it grows with the number of cores. Resident memory is up to three times as much,
 * because of lines and buffers.
 */
const BUDGET_BYTES_PER_CPU = 32 * MIB;

/**
 * The worker's own share of the memory, beside its models. No batch that `submit` makes goes in pieces, unless a single
 * item is that large.
 */
export const memoryLimitsFor = (cpus: number): MemoryLimits => ({
  budgetBytes: cpus * BUDGET_BYTES_PER_CPU,
  pieceBytes: 8 * MIB,
  // Each core has one piece that is computed and one that is fetched.
  objectPieceBytes: BUDGET_BYTES_PER_CPU / 2,
  resultBytes: 8 * MIB,
  leastResultBytes: 2 * MIB,
});
