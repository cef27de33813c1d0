/** More seeds of a job in chaos (support/chaos.ts) than those of `npm run test:long`. */
import { describe, it } from 'vitest';
import { CHAOS_TIMEOUT_MS, surviveChaos } from '../support/chaos.js';

const SEEDS = [4, 5, 6, 7, 8, 9, 10, 11, 12, 13];

describe('a job in chaos', () => {
  it.each(SEEDS)(
    'loses no item, doubles no result, and ends no busy worker (seed %i)',
    { timeout: CHAOS_TIMEOUT_MS },
    surviveChaos,
  );
});
