/**
 * Seeds that once failed, each with the short list of faults that was left of it. They are run by kept.test.ts. A new one is printed by
 * `npm run simulate:faults -- --shrink SEED`.
 */
import type { SimulationOptions } from './simulate.js';

export interface KeptCase {
  /** A sentence that says what must hold, and once did not. */
  readonly holds: string;
  readonly options: SimulationOptions;
}

export const KEPT: readonly KeptCase[] = [];
