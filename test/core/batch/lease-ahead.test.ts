import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  boundOf,
  decideLeaseAhead,
  freeInMs,
  type LeaseAheadView,
  mayGiveBack,
  MOST_AHEAD_PER_SLOT,
  startableWithin,
} from '../../../core/batch/lease-ahead.js';

const view = (some: Partial<LeaseAheadView>): LeaseAheadView => ({
  freeInMs: [0],
  msPerBatch: 50,
  leadMs: 40,
  ahead: 0,
  asked: 0,
  atRisk: false,
  ...some,
});

/** Simulates slots with a steady pace, a queue that never is empty, and a worker that follows the decisions. Time is the simulation's. */
function simulate(options: { slots: number; msPerBatch: number; leadMs: number; batches: number }) {
  const { slots, msPerBatch, leadMs } = options;
  const freeAtMs = Array.from({ length: slots }, () => 0);
  const computed = Array.from({ length: slots }, () => 0);
  let readyAtMs: number[] = [];
  let nowMs = 0;
  let left = options.batches;
  let idleMs = 0;
  let longestWaitMs = 0;
  while (left > 0 || readyAtMs.length > 0) {
    for (const [slot, freeMs] of freeAtMs.entries()) {
      const first = readyAtMs[0];
      if (freeMs > nowMs || first === undefined || first > nowMs) continue;
      readyAtMs = readyAtMs.slice(1);
      longestWaitMs = Math.max(longestWaitMs, nowMs - first);
      // A slot's first batches come before its pace is known.
      if ((computed[slot] ?? 0) > 0) idleMs += nowMs - freeMs;
      freeAtMs[slot] = nowMs + msPerBatch;
      computed[slot] = (computed[slot] ?? 0) + 1;
    }
    const ahead = readyAtMs.length;
    const seen = { freeInMs: freeAtMs.map((at) => Math.max(0, at - nowMs)), msPerBatch, leadMs, ahead };
    const next = decideLeaseAhead({ ...seen, asked: 0, atRisk: false });
    expect(next.surplus).toBe(0);
    expect(ahead).toBeLessThanOrEqual(startableWithin({ ...seen, asked: 0, atRisk: false }, boundOf(leadMs)));
    const taken = Math.min(left, next.ask);
    left -= taken;
    for (let n = 0; n < taken; n += 1) readyAtMs.push(nowMs + leadMs);
    const events = [nowMs + next.againInMs, ...freeAtMs, ...readyAtMs].filter((atMs) => atMs > nowMs);
    nowMs = Math.min(...events);
  }
  return { idleMs, longestWaitMs };
}

describe('how many batches are held ahead', () => {
  it('keeps slots of a steady pace busy, and lets nothing wait longer than the bound', () => {
    fc.assert(
      fc.property(
        fc.record({
          slots: fc.integer({ min: 1, max: 6 }),
          msPerBatch: fc.integer({ min: 5, max: 20_000 }),
          leadMs: fc.integer({ min: 1, max: 300 }),
          batches: fc.constant(60),
        }),
        (options) => {
          fc.pre(2 * options.leadMs + 50 < MOST_AHEAD_PER_SLOT * options.msPerBatch);
          const { idleMs, longestWaitMs } = simulate(options);
          expect(idleMs).toBe(0);
          expect(longestWaitMs).toBeLessThanOrEqual(boundOf(options.leadMs));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('asks at any state for no more than could start within the bound', () => {
    const ms = fc.oneof(fc.nat(5_000), fc.constant(undefined), fc.constant(Infinity));
    fc.assert(
      fc.property(
        fc.array(ms, { minLength: 1, maxLength: 16 }),
        fc.option(fc.integer({ min: 1, max: 10_000 }), { nil: undefined }),
        fc.nat(3_000),
        fc.nat(100),
        fc.nat(100),
        (slots, msPerBatch, leadMs, ahead, asked) => {
          const seen = view({ freeInMs: slots, msPerBatch, leadMs, ahead, asked });
          const { ask, surplus, againInMs } = decideLeaseAhead(seen);
          const most = Math.min(slots.length * MOST_AHEAD_PER_SLOT, startableWithin(seen, boundOf(leadMs)));
          expect(ask === 0 || ahead + asked + ask <= most).toBe(true);
          expect(ask === 0 || surplus === 0).toBe(true); // nothing is asked for and handed back at once
          expect(ahead - surplus).toBeLessThanOrEqual(startableWithin(seen, boundOf(leadMs)));
          expect(againInMs).toBeGreaterThan(0);
        },
      ),
    );
  });

  it('holds dozens of short batches, and asks for several at once', () => {
    const { ask } = decideLeaseAhead(view({ msPerBatch: 5 }));
    expect(ask).toBeGreaterThan(20);
    expect(decideLeaseAhead(view({ msPerBatch: 5, ahead: ask })).ask).toBe(0);
    expect(decideLeaseAhead(view({ msPerBatch: 5, ahead: ask / 2 })).ask).toBeGreaterThanOrEqual(10);
  });

  it('leases the next long batch when the one in hand is about to end', () => {
    const hour = { msPerBatch: 3_600_000, leadMs: 200 };
    expect(decideLeaseAhead(view({ ...hour, freeInMs: [60_000] })).ask).toBe(0);
    expect(decideLeaseAhead(view({ ...hour, freeInMs: [400] })).ask).toBe(1);
    expect(decideLeaseAhead(view({ ...hour, freeInMs: [400], asked: 1 })).ask).toBe(0);
  });

  it('holds one ahead at most before the pace is known, and none behind what nobody can foresee', () => {
    const unknown = { msPerBatch: undefined, freeInMs: [undefined, undefined, undefined] };
    expect(decideLeaseAhead(view(unknown)).ask).toBe(1);
    expect(decideLeaseAhead(view({ ...unknown, freeInMs: [0, undefined, 0] })).ask).toBe(3);
    expect(decideLeaseAhead(view({ freeInMs: [Infinity], ahead: 2 }))).toMatchObject({ ask: 0, surplus: 2 });
  });

  it('asks for what idle slots need alone while the instance is at risk', () => {
    expect(decideLeaseAhead(view({ atRisk: true, freeInMs: [0, 10, undefined], msPerBatch: 5 })).ask).toBe(1);
    expect(decideLeaseAhead(view({ atRisk: true, freeInMs: [0], ahead: 1 })).ask).toBe(0);
  });
});

describe('what waits behind a slot that is slower than its pace', () => {
  it('goes back soon when another worker may be idle, and else when it has waited for long', () => {
    const may = (heldForMs: number, queueWasEmpty: boolean, modelIsLoading = false): boolean =>
      mayGiveBack({ heldForMs, queueWasEmpty, modelIsLoading });
    expect([may(400, true), may(600, true)]).toEqual([false, true]);
    expect([may(4_000, false), may(6_000, false)]).toEqual([false, true]);
  });

  it('stays where it is while a model is loaded and the queue has work, however long that takes', () => {
    expect(mayGiveBack({ heldForMs: 600_000, queueWasEmpty: false, modelIsLoading: true })).toBe(false);
    expect(mayGiveBack({ heldForMs: 600, queueWasEmpty: true, modelIsLoading: true })).toBe(true);
  });
});

describe('when a slot will be free', () => {
  it('is known from its pace, and not believed when it is long overdue', () => {
    const work = { itemsLeft: 10, msPerItem: 100 };
    expect(freeInMs({ ...work, sinceProgressMs: 50 }, 2_000)).toBe(950);
    expect(freeInMs({ ...work, sinceProgressMs: 2_900 }, 2_000)).toBe(0);
    expect(freeInMs({ ...work, sinceProgressMs: 3_100 }, 2_000)).toBe(Infinity);
  });

  it('is unknown before the first slice, and after the bound nobody can tell', () => {
    const work = { itemsLeft: 10, msPerItem: undefined };
    expect(freeInMs({ ...work, sinceProgressMs: 1_000 }, 2_000)).toBeUndefined();
    expect(freeInMs({ ...work, sinceProgressMs: 2_001 }, 2_000)).toBe(Infinity);
  });
});
