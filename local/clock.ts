/** The clock of the local services. It is passed in, so that tests can trigger every expiry themselves. */
export interface Clock {
  nowMs(): number;
  /** Calls `action` once after `delayMs`; the returned function cancels the call. */
  after(delayMs: number, action: () => void): () => void;
}

/** setTimeout fires immediately when its delay is above this, so a longer wait is split into several timers. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  // This time never steps back or forward: a corrected system clock must not end leases.
  nowMs: () => Math.floor(performance.timeOrigin + performance.now()),
  after: (delayMs, action) => {
    const timer = setTimeout(action, Math.min(Math.max(0, Math.ceil(delayMs)), MAX_TIMEOUT_MS));
    return () => clearTimeout(timer);
  },
};
