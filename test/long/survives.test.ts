/** A job on a laptop: everything is killed, and the same command goes on until the results are exact. */
import { describe, it } from 'vitest';
import { changeModel, KILLS_A_JOB, surviveKillOfUp, surviveKills } from '../support/killed-run.js';

/** Twenty moments in all; the nightly suites have more. */
const SEEDS = [1, 2, 3, 4];

describe('a job of run --local', () => {
  it.each(SEEDS)(
    `survives ${KILLS_A_JOB} kills of all its processes: its results are exact, and no instance has the id of another (seed %i)`,
    surviveKills,
  );

  it('does not go on with another model: the command says what differs, and begins another job', changeModel);
});

describe('a job of local up', () => {
  it('goes on with the next local up, after everything was killed', surviveKillOfUp);
});
