import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideTarget, type JobDemand } from '../../../core/pool/capacity.js';

const demand: fc.Arbitrary<JobDemand> = fc.record({
  job: fc.constantFrom('a', 'b', 'c'),
  left: fc.nat(40),
  enqueued: fc.boolean(),
  maxWorkers: fc.integer({ min: 1, max: 9 }),
});
const demands = fc.uniqueArray(demand, { selector: ({ job }) => job });
const slots = fc.array(fc.nat(8), { maxLength: 5 });
const max = fc.integer({ min: 1, max: 20 });

describe('the target (R7)', () => {
  it('is zero without work, and otherwise between one and the batches left, whatever the slots', () => {
    fc.assert(
      fc.property(demands, slots, max, (jobs, reportedSlots, maxWorkers) => {
        const { target } = decideTarget({ demands: jobs, reportedSlots, maxWorkers, published: undefined });
        const left = jobs.reduce((sum, job) => sum + job.left, 0);
        if (left === 0) expect(target).toBe(0);
        else expect(target).toBeGreaterThanOrEqual(1);
        expect(target).toBeLessThanOrEqual(Math.min(maxWorkers, left));
        const mostOfJobs = jobs.reduce((sum, job) => sum + Math.min(job.left, job.maxWorkers ?? Infinity), 0);
        expect(target).toBeLessThanOrEqual(mostOfJobs);
      }),
    );
  });

  it('only falls while no job is new, though workers report fewer slots', () => {
    fc.assert(
      fc.property(demands, slots, max, fc.nat(20), (jobs, reportedSlots, maxWorkers, before) => {
        const sent = jobs.map((job) => ({ ...job, enqueued: true }));
        const published = { target: Math.max(1, before), jobs: sent.map(({ job }) => job) };
        const { target } = decideTarget({ demands: sent, reportedSlots, maxWorkers, published });
        expect(target).toBeLessThanOrEqual(published.target);
      }),
    );
  });

  it('names as known only jobs that are fully sent', () => {
    const jobs = [
      { job: 'a', left: 3, enqueued: true },
      { job: 'b', left: 3, enqueued: false },
      { job: 'c', left: 0, enqueued: true },
    ];
    const decided = decideTarget({ demands: jobs, reportedSlots: [], maxWorkers: 9, published: undefined });
    expect(decided).toMatchObject({ target: 6, jobs: ['a'] });
  });
});
