import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FleetWorld, type WorldOptions } from './fleet-world.js';

type Step = readonly [kind: string, pick: number, otherPick: number];

const kinds = fc.oneof(
  { weight: 40, arbitrary: fc.constant('work') },
  { weight: 40, arbitrary: fc.constant('control') },
  { weight: 10, arbitrary: fc.constant('launch') },
  { weight: 6, arbitrary: fc.constant('send') },
  { weight: 3, arbitrary: fc.constant('reclaim') },
  { weight: 1, arbitrary: fc.constant('submit') },
  { weight: 1, arbitrary: fc.constant('dead-man') },
);
const steps = (without: readonly string[]) =>
  fc.array(
    fc.tuple(
      kinds.filter((kind) => !without.includes(kind)),
      fc.nat(1_000),
      fc.nat(1_000),
    ),
    { minLength: 50, maxLength: 400, size: 'max' },
  );

function take(world: FleetWorld, [kind, pick, otherPick]: Step): void {
  if (kind === 'work') world.work(pick, otherPick);
  else if (kind === 'control') world.control(pick, otherPick);
  else if (kind === 'launch') world.launch();
  else if (kind === 'send') world.send(pick);
  else if (kind === 'reclaim') world.reclaim(pick);
  else if (kind === 'submit') world.submit(1 + (pick % 12), pick % 3 === 0 ? 1 + (otherPick % 4) : undefined);
  else world.deadManFires();
}

function check(options: WorldOptions, without: readonly string[] = []): void {
  fc.assert(
    fc.property(steps(without), (script) => {
      const world = new FleetWorld(options);
      world.submit(12, undefined);
      world.rise();
      for (const step of script) take(world, step);
      world.settle();
      expect(world.end()).toEqual({ live: 0, target: 0, published: 0, left: 0 });
    }),
    { numRuns: 300 },
  );
}

/** A pass takes seconds. A failure is shrunk for a minute or two, and then reports its seed and its shortest script. */
const SHRINKING_MS = 300_000;

describe('R6, in any order of steps', { timeout: SHRINKING_MS }, () => {
  it('keeps busy workers and the target, and ends at zero, with one controller', () => {
    check({ controllers: 1, maxWorkers: 8, lag: 0 }, ['dead-man']);
  });

  it('does so with three controllers, reclaims, and a switch that parks the fleet meanwhile', () => {
    check({ controllers: 3, maxWorkers: 8, lag: 0 });
  });

  it('does so when describe calls lag behind', () => {
    check({ controllers: 2, maxWorkers: 8, lag: 30 });
  });

  it('lowers the target of one controller only while no new work arrives', () => {
    check({ controllers: 1, maxWorkers: 20, lag: 0 }, ['submit', 'dead-man']);
  });
});
