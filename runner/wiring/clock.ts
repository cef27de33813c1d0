import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../ports.js';

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal });
  },
};

/** Counts parts of a millisecond, in which fast models answer. It does not follow a clock that is set while the command runs. */
export const fineClock: Clock = { ...systemClock, nowMs: () => performance.timeOrigin + performance.now() };
