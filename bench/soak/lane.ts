/**
 * A lane does one thing after another until its round ends, and counts. Errors are of three kinds: those that the load asked for
 * (an abort, a key that is gone), those that may come while faults are on, and the others, which are findings.
 */
export interface Tally {
  readonly calls: Record<string, number>;
  /** Errors that nothing explains, at most a few of them. */
  readonly unexplained: string[];
}

export const newTally = (): Tally => ({ calls: {}, unexplained: [] });

export interface Lane {
  readonly tally: Tally;
  /** The round's end. */
  readonly signal: AbortSignal;
  /** The time of the last change from or to faults; undefined while there are none and were none. */
  readonly faults: { isOn: boolean; changedMs: number };
}

/** Enough to see what is wrong. */
const MOST_UNEXPLAINED = 10;

export async function repeat(lane: Lane, name: string, act: () => Promise<void>): Promise<void> {
  while (!lane.signal.aborted) await attempt(lane, name, act);
}

export async function attempt(lane: Lane, name: string, act: () => Promise<void>): Promise<void> {
  const startedMs = Date.now();
  lane.tally.calls[name] = (lane.tally.calls[name] ?? 0) + 1;
  try {
    await act();
  } catch (error) {
    const isExplained = lane.signal.aborted || isAsked(error) || lane.faults.isOn || lane.faults.changedMs >= startedMs;
    if (isExplained || lane.tally.unexplained.length >= MOST_UNEXPLAINED) return;
    lane.tally.unexplained.push(`${name}: ${String(error)}`);
  }
}

/** What the load provokes by itself: its own aborts, keys that another lane took, leases that ran out, a fleet still busy. */
const ASKED = ['AbortError', 'NoSuchKey', 'NoSuchUpload', 'NotFound', 'TimeoutError'];
const ASKED_TEXT = /not in ?flight|ReceiptHandle|expired|modifying/i;

function isAsked(error: unknown): boolean {
  return error instanceof Error && (ASKED.includes(error.name) || ASKED_TEXT.test(`${error.name} ${error.message}`));
}

export const chance = (share: number): boolean => Math.random() < share;
export const upTo = (most: number): number => Math.floor(Math.random() * most);
