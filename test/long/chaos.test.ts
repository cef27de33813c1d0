/** A few seeds of a job in chaos (support/chaos.ts); `npm run nightly` runs more. `CHAOS_SEEDS=7,12` runs others. */
import { describe, it } from 'vitest';
import { CHAOS_TIMEOUT_MS, surviveChaos } from '../support/chaos.js';

const SEEDS = (process.env['CHAOS_SEEDS'] ?? '1,2,3').split(',').map(Number);

describe('a job in chaos', () => {
  it.each(SEEDS)(
    'loses no item, doubles no result, and ends no busy worker (seed %i)',
    { timeout: CHAOS_TIMEOUT_MS },
    surviveChaos,
  );
});
