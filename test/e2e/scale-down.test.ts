import { afterEach, describe, it } from 'vitest';
import { Lab } from '../support/lab.js';
import { shrinkAroundTheBusy } from '../support/shrinking.js';

const WORKERS = 6;

describe('a fleet that shrinks', () => {
  let lab: Lab;
  afterEach(() => lab.close());

  it('ends only as many idle workers as it granted, and never a busy one (R6)', { timeout: 240_000 }, async () => {
    lab = await Lab.start({ maxWorkers: WORKERS });
    await shrinkAroundTheBusy(lab, {
      workers: WORKERS,
      instances: async () => (await lab.instances()).map(({ id, state }) => ({ instance: id, state })),
      instanceOf: (pid) => lab.instanceOf(pid),
    });
  });
});
