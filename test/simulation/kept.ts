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
];
