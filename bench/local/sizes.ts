/** The amount of work: the full measurement, or with --quick a tenth of it, to see that the benchmark works. */
export interface Sizes {
  readonly rounds: number;
  readonly queuedMessages: number;
  readonly drainedMessages: number;
  /** The number per round; the table lists all rounds together. */
  readonly smallObjects: number;
  readonly largeObjects: number;
  /** Peers can handle this size as well. */
  readonly peerMessages: number;
  readonly peerObjects: number;
  readonly peerLargeObjects: number;
}

export const FULL: Sizes = {
  rounds: 5,
  queuedMessages: 1_000_000,
  drainedMessages: 20_000,
  smallObjects: 2_000,
  largeObjects: 16,
  peerMessages: 1_000,
  peerObjects: 300,
  peerLargeObjects: 4,
};

export const QUICK: Sizes = {
  rounds: 5,
  queuedMessages: 100_000,
  drainedMessages: 4_000,
  smallObjects: 400,
  largeObjects: 4,
  peerMessages: 200,
  peerObjects: 60,
  peerLargeObjects: 2,
};
