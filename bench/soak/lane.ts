/**
 * A lane performs one action after another until its round ends, and counts them. Errors are of three kinds: errors
 * that the load provokes (an abort, a missing key), errors that may occur while faults are on, and unexplained
 * ones, which are findings.
 */
export interface Tally {
  readonly calls: Record<string, number>;
  /** Unexplained errors, at most a few of them. */
  readonly unexplained: string[];
}

export const newTally = (): Tally => ({ calls: {}, unexplained: [] });

export interface Lane {
  readonly tally: Tally;
  /** Aborts at the end of the round. */
  readonly signal: AbortSignal;
  /** The time at which faults were last turned on or off; undefined until they are turned on for the first time. */
  readonly faults: { isOn: boolean; changedMs: number };
}

/** This many suffice to see the problem. */
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

/**
 * Errors that the load itself provokes: its own aborts, keys that another lane deleted, leases that expired, a
 * fleet that is being modified.
 */
const ASKED = ['AbortError', 'NoSuchKey', 'NoSuchUpload', 'NotFound', 'TimeoutError'];
const ASKED_TEXT = /not in ?flight|ReceiptHandle|expired|modifying/i;

function isAsked(error: unknown): boolean {
  return error instanceof Error && (ASKED.includes(error.name) || ASKED_TEXT.test(`${error.name} ${error.message}`));
}

export const chance = (share: number): boolean => Math.random() < share;
export const upTo = (most: number): number => Math.floor(Math.random() * most);
