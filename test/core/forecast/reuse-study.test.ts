import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawsOf, planPool } from '../../../core/forecast/pool-plan.js';
import { runPool } from '../../../core/forecast/pool-run.js';
import { reusePolicy, reuseScenario, simulateNodes, studyReuse } from '../../../core/forecast/reuse-study.js';

const RUNS = { simulations: 300, seed: 1 };
const study = (inputs: number, maxProvisioning: number) => studyReuse({ inputs, maxProvisioning }, RUNS);

describe('the simulation of reuse', () => {
  it('is the one of the general engine, on the same nodes', () => {
    const nodes = fc.array(fc.double({ min: 0, max: 60, noNaN: true }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(nodes, fc.boolean(), (times, reuse) => {
        const provisioned = Float64Array.from(times).sort();
        const { work, pool } = reuseScenario(times.length, 60);
        const plan = planPool({ work, pool: { ...pool, firstArrivalsMs: [...provisioned] } }, reusePolicy(reuse));
        const { timeMs, instanceMs } = runPool(plan, drawsOf(1, 0));
        const { time, cost } = simulateNodes(provisioned, reuse);
        expect(time).toBeCloseTo(timeMs, 6);
        expect(cost).toBeCloseTo(instanceMs, 6);
      }),
      { numRuns: 300 },
    );
  });

  it('takes setup, load and inference for one input, with and without reuse', () => {
    for (const reuse of [true, false]) expect(simulateNodes(Float64Array.of(7), reuse)).toEqual({ time: 12, cost: 5 });
    expect(study(1, 1_000)).toMatchObject({ time: 0, cost: 0 });
  });

  it('gives each node one input when all nodes come at once, so reuse saves nothing', () => {
    for (const reuse of [true, false]) {
      expect(simulateNodes(new Float64Array(50), reuse)).toEqual({ time: 5, cost: 250 });
    }
  });

  it('lets the first node do all when the others never come in time', () => {
    const alone = Float64Array.of(0, 1_000, 1_000, 1_000);
    expect(simulateNodes(alone, true)).toEqual({ time: 3 + 2 + 3, cost: 3 + 2 + 3 });
    expect(simulateNodes(alone, false)).toEqual({ time: 3 + 4 * 2, cost: 3 + 4 * 2 });
  });

  it('pays a node that is being set up until the last input begins, and none that comes later', () => {
    // The first node begins its three inputs at 3, 5 and 6. The second node comes at 4 and would be set up at 7.
    expect(simulateNodes(Float64Array.of(0, 4, 6.5), true)).toEqual({ time: 7, cost: 7 + 2 });
  });

  it('never takes longer or costs more with reuse, whatever the nodes', () => {
    const nodes = fc.array(fc.double({ min: 0, max: 500, noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(nodes, (times) => {
        const provisioned = Float64Array.from(times).sort();
        const reuse = simulateNodes(provisioned, true);
        const fresh = simulateNodes(provisioned, false);
        expect(reuse.time).toBeLessThanOrEqual(fresh.time + 1e-9);
        expect(reuse.cost).toBeLessThanOrEqual(fresh.cost + 1e-9);
      }),
    );
  });

  it('simulates 10,000 inputs on 10,000 nodes 300 times in less than ten seconds', () => {
    const beganMs = Date.now();
    expect(study(10_000, 1_000).cost).toBeGreaterThan(0.4);
    expect(Date.now() - beganMs).toBeLessThan(10_000);
  });

  it('gives the same row for the same seed, and another one for another seed', () => {
    expect(study(100, 100)).toEqual(study(100, 100));
    expect(studyReuse({ inputs: 100, maxProvisioning: 100 }, { simulations: 300, seed: 2 })).not.toEqual(
      study(100, 100),
    );
  });
});

describe('the takeaways of the simulation of reuse', () => {
  it('are that beyond 100 inputs their number matters little', () => {
    for (const maxProvisioning of [30, 100, 300]) {
      const [few, some, many] = [10, 100, 1_000].map((inputs) => study(inputs, maxProvisioning));
      if (few === undefined || some === undefined || many === undefined) throw new Error('three rows were studied');
      expect(Math.abs(many.time - some.time)).toBeLessThan(0.1);
      expect(Math.abs(many.cost - some.cost)).toBeLessThan(0.1);
    }
  });

  it('are that a longer provisioning raises both', () => {
    for (const inputs of [100, 1_000]) {
      const rows = [1, 3, 10, 30, 100, 300, 1_000].map((maxProvisioning) => study(inputs, maxProvisioning));
      const [times, costs] = [rows.map(({ time }) => time), rows.map(({ cost }) => cost)];
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(costs).toEqual([...costs].sort((a, b) => a - b));
      expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(0.15);
      expect((costs.at(-1) ?? 0) - (costs[0] ?? 0)).toBeGreaterThan(0.25);
    }
  });
});
