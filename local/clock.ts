/** Time as the local services see it: passed in, so that a test drives every expiry itself. */
export interface Clock {
  nowMs(): number;
  /** Calls `action` once after `delayMs`; what it returns takes the call back. */
  after(delayMs: number, action: () => void): () => void;
}

/** setTimeout fires at once past this; a longer wait is armed again when it ends. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  // Wall time that never steps: a corrected system clock must not end leases.
  nowMs: () => Math.floor(performance.timeOrigin + performance.now()),
  after: (delayMs, action) => {
    const timer = setTimeout(action, Math.min(Math.max(0, Math.ceil(delayMs)), MAX_TIMEOUT_MS));
    return () => clearTimeout(timer);
  },
};
