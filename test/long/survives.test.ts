/** A job on a laptop: everything is killed, and the same command goes on until the results are exact. */
import { describe, it } from 'vitest';
import { KILLS_A_JOB, surviveKills } from '../support/killed-run.js';

/** Twenty moments in all; the nightly suites have more. */
const SEEDS = [1, 2, 3, 4];

describe('a job of run --local', () => {
  it.each(SEEDS)(
    `survives ${KILLS_A_JOB} kills of all its processes: its results are exact, and no instance has the id of another (seed %i)`,
    surviveKills,
  );
});
