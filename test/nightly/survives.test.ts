/** A job on a laptop: everything is killed, and the same command goes on until the results are exact. */
import { describe, it } from 'vitest';
import { KILLS_A_JOB, surviveKills } from '../support/killed-run.js';

/** Fifty more moments than in test/long/survives.test.ts. */
const SEEDS = [5, 6, 7, 8, 9, 10, 11, 12, 13, 14];

describe('a job of run --local', () => {
  it.each(SEEDS)(
    `survives ${KILLS_A_JOB} kills of all its processes: its results are exact, and no instance has the id of another (seed %i)`,
    surviveKills,
  );
});
