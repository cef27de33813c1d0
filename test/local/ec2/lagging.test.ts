import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lagging } from '../../../local/ec2/lagging.js';

interface Thing {
  value: number;
}

function lab(lagMs: number) {
  const clock = { now: 0, lag: lagMs };
  const lagging = new Lagging<Thing>((thing) => ({ ...thing }), {
    nowMs: () => clock.now,
    lagMs: () => clock.lag,
  });
  return { clock, lagging };
}

test('with a lag, the state of the earlier moment is seen, for every sequence of changes', () => {
  const steps = fc.array(fc.record({ waitMs: fc.nat({ max: 30 }), changes: fc.boolean() }), { maxLength: 60 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 50 }), (script, lagMs) => {
      const { clock, lagging } = lab(lagMs);
      const thing = { value: 0 };
      const log = [{ atMs: 0, value: 0 }];
      lagging.changed(thing);
      for (const { waitMs, changes } of script) {
        clock.now += waitMs;
        if (changes) {
          thing.value += 1;
          log.push({ atMs: clock.now, value: thing.value });
          lagging.changed(thing);
        }
        const moment = clock.now - lagMs;
        expect(lagging.seen(thing)?.value).toBe(log.findLast(({ atMs }) => atMs <= moment)?.value);
      }
    }),
  );
});

test('without a lag the thing itself is seen, and a later lag does not bring back earlier states', () => {
  const { clock, lagging } = lab(0);
  const thing = { value: 1 };
  lagging.changed(thing);
  clock.now = 10;
  thing.value = 2;
  lagging.changed(thing);
  expect(lagging.seen(thing)).toBe(thing);
  clock.lag = 1_000;
  expect(lagging.seen(thing)).toEqual({ value: 2 });
  thing.value = 3;
  lagging.changed(thing);
  expect(lagging.seen(thing)).toEqual({ value: 2 });
});

test('a thing that keeps changing keeps only its latest hundred states', () => {
  const { lagging, clock } = lab(1_000_000);
  const thing = { value: 0 };
  for (; thing.value < 1_000; thing.value += 1) {
    lagging.changed(thing);
    clock.now += 1;
  }
  expect(lagging.seen(thing)?.value).toBe(899);
});
