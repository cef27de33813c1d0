/**
 * Seeds that once failed, each with the short list of faults that was left of it. simulation.test.ts runs them. A new one is printed by
 * `npm run simulate:faults -- --shrink SEED`.
 */
import { CALM_SERVICES } from './settings.js';
import type { SimulationOptions } from './simulate.js';

export interface KeptCase {
  /** A sentence that says what must hold, and once did not. */
  readonly holds: string;
  readonly options: SimulationOptions;
}

/** The fleet may be slow, and nothing else. */
const { isFleetSlow: _isFleetSlow, ...QUIET } = CALM_SERVICES;

/** Settings that calm what a case does not need. */
const CALM = {
  ...CALM_SERVICES,
  maxWorkers: 1,
} as const;

export const KEPT: readonly KeptCase[] = [
  {
    holds: 'a pass that began before a job was sent does not undo the raise of another controller',
    options: { seed: 266, faults: [], settings: CALM },
  },
  {
    holds:
      'a lease that ran out during a freeze is not held against its worker when its message is received long after it',
    options: { seed: 2097, faults: [13, 16, 2, 14, 10], settings: { ...QUIET, lossShare: 0 } },
  },
  {
    holds: 'a worker that was stopped waits for no slow save',
    options: { seed: 1967, faults: [4, 2, 0], settings: { ...CALM_SERVICES, lossShare: 0 } },
  },
  {
    holds: 'an item that crashes once is computed again, although its neighbour was answered twice just before',
    options: { seed: 4047, faults: [], settings: CALM },
  },
  {
    holds: 'a worker asks once at a time whether a job has ended, however slow the answer is',
    options: { seed: 4137, faults: [8, 34, 18, 4], settings: QUIET },
  },
  {
    holds: 'outcomes that a controller has read count in its pass, although their count cannot be written',
    options: { seed: 7363, faults: [17], settings: CALM_SERVICES },
  },
  {
    holds:
      'a worker that hands one of two messages of a batch back says so, although it commits the batch by the other',
    options: {
      seed: 10165,
      faults: [6],
      settings: {
        lossShare: 0,
        sendLostShare: 0,
        describeLagMs: 0,
        countsLagMs: 0,
        isFleetSlow: false,
        skewsMs: [0],
      },
    },
  },
  {
    holds: 'a controller that stood still between two looks at a job goes by the later one when it sets the target',
    options: {
      seed: 15427,
      faults: [20, 4, 18, 5, 0, 14, 15, 10, 1002, 7, 3, 13],
      settings: {
        lossShare: 0,
        duplicateShare: 0,
        sendLostShare: 0,
        sendTwiceShare: 0,
        countsLagMs: 0,
        isFleetSlow: false,
        skewsMs: [0],
      },
    },
  },
];
