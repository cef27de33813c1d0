import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shrinkAroundTheBusy } from '../support/shrinking.js';
import { EmulatorLab } from './support/emulator-lab.js';

const WORKERS = 4;

describe('a fleet of an emulator that shrinks', () => {
  let lab: EmulatorLab;
  beforeAll(async () => {
    lab = await EmulatorLab.start({ leaseSeconds: 30 });
  });
  afterAll(() => lab.close());

  it('lets idle workers go by ticket and never a busy one (R6), and ends at 0 (R9)', async () => {
    const job = await shrinkAroundTheBusy(lab, {
      workers: WORKERS,
      instances: async () => (await lab.fleet()).instances,
      instanceOf: (pid) => lab.instanceOf(pid),
    });
    const { target, fulfilled, instances } = await lab.fleet();
    expect([target, fulfilled]).toEqual([0, 0]);
    expect(instances.every(({ state }) => state === 'terminated')).toBe(true);
    expect((await lab.status(job)).fleet).toMatchObject({ target: 0, running: 0 });
    expect(lab.hostSaid, 'each instance ended itself').not.toContain('was terminated in EC2');
  });
});
