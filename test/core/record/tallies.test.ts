import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_SLOTS_OF_TIME, MOST_SPANS, MOST_STEPS } from '../../../core/contract/worker-summary.js';
import { DoneTally } from '../../../core/record/done-tally.js';
import { ErrorTally } from '../../../core/record/error-tally.js';
import { thin } from '../../../core/record/thin.js';
import { TimeTally } from '../../../core/record/time-tally.js';
import { WorkTimeline } from '../../../core/record/work-timeline.js';

describe('the tally of times', () => {
  it('gives points of the distribution that are exact to 5 %, and the longest time exactly', () => {
    const tally = new TimeTally();
    for (let ms = 1; ms <= 1_000; ms++) tally.add(ms);
    const times = tally.times();
    expect(times?.count).toBe(1_000);
    expect(times?.longestMs).toBe(1_000);
    expect(Math.abs((times?.medianMs ?? 0) - 500) / 500).toBeLessThan(0.05);
    expect(Math.abs((times?.p90Ms ?? 0) - 900) / 900).toBeLessThan(0.05);
  });

  it('adds up: the tallies of two workers are the tally of all their times', () => {
    const measured = fc.array(fc.double({ min: 0, max: 1e8, noNaN: true }));
    fc.assert(
      fc.property(measured, measured, (one, other) => {
        const [a, b, all] = [new TimeTally(), new TimeTally(), new TimeTally()];
        for (const ms of one) a.add(ms);
        for (const ms of other) b.add(ms);
        for (const ms of [...one, ...other]) all.add(ms);
        a.addAll(b.counts());
        expect(a.counts()).toEqual(all.counts());
      }),
    );
  });

  it('has no times before something was measured', () => {
    expect(new TimeTally().times()).toBeUndefined();
  });
});

describe('the tally of items that are done', () => {
  it('keeps every item, in a bounded number of slots, whatever the length of the job', () => {
    const commits = fc.array(fc.tuple(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 1, max: 50 })));
    fc.assert(
      fc.property(commits, commits, (one, other) => {
        const [a, b] = [new DoneTally(), new DoneTally()];
        for (const [atMs, items] of one) a.add(atMs, items);
        for (const [atMs, items] of other) b.add(atMs, items);
        a.addAll(b.slots());
        const slots = a.slots();
        const all = [...one, ...other];
        expect(slots.items.length).toBeLessThanOrEqual(MOST_SLOTS_OF_TIME);
        const total = all.reduce((sum, [, items]) => sum + items, 0);
        expect(slots.items.reduce((sum, items) => sum + items, 0)).toBe(total);
        // Items are counted in the slot of their time.
        slots.items.forEach((items, at) => {
          const [fromMs, toMs] = [(slots.first + at) * slots.slotMs, (slots.first + at + 1) * slots.slotMs];
          const within = all.filter(([atMs]) => atMs >= fromMs && atMs < toMs);
          expect(items).toBe(within.reduce((sum, [, some]) => sum + some, 0));
        });
      }),
    );
  });
});

describe('the tally of errors', () => {
  it('counts each code, keeps the example of the lowest index, and counts what has no room', () => {
    const tally = new ErrorTally(2);
    tally.add({ code: 'A', count: 1, index: 7, message: 'seven' });
    tally.add({ code: 'A', count: 2, index: 3, message: 'three' });
    tally.add({ code: 'A', count: 1, index: 9, message: 'nine' });
    tally.add({ code: 'B', count: 5, index: 1, message: 'one' });
    tally.add({ code: 'C', count: 6, index: 0, message: 'zero' });
    expect(tally.errors()).toEqual([
      { code: 'B', count: 5, index: 1, message: 'one' },
      { code: 'A', count: 4, index: 3, message: 'three' },
    ]);
    expect(tally.others).toBe(6);
  });

  it('shortens codes and messages that are as long as a line', () => {
    const tally = new ErrorTally(2);
    tally.add({ code: 'C'.repeat(10_000), count: 1, index: 0, message: 'm'.repeat(1e6) });
    expect(JSON.stringify(tally.errors()).length).toBeLessThan(700);
  });
});

describe('the timeline of a worker', () => {
  it('merges times of work that touch, and keeps the gaps', () => {
    const timeline = new WorkTimeline();
    timeline.work(0, 1_000);
    timeline.work(1_100, 2_000);
    timeline.work(500, 1_500);
    timeline.work(60_000, 61_000);
    expect(timeline.spansOf('a')).toEqual([
      { phase: 'work', fromMs: 0, toMs: 2_000 },
      { phase: 'work', fromMs: 60_000, toMs: 61_000 },
    ]);
  });

  it('shows the steps to the models of other jobs as work', () => {
    const timeline = new WorkTimeline();
    timeline.step({ job: 'a', phase: 'load', fromMs: 0, toMs: 5 });
    timeline.step({ job: 'b', phase: 'weights', fromMs: 10, toMs: 20 });
    expect(timeline.spansOf('b')).toEqual([
      { phase: 'work', fromMs: 0, toMs: 5 },
      { phase: 'weights', fromMs: 10, toMs: 20 },
    ]);
  });

  it('stays within its bounds in a worker that works now and then for days, and begins and ends as it did', () => {
    const timeline = new WorkTimeline();
    for (let at = 0; at < 5_000; at++) {
      timeline.work(at * 60_000, at * 60_000 + 1_000);
      timeline.step({ job: 'a', phase: 'load', fromMs: at, toMs: at + 1 });
    }
    const spans = timeline.spansOf('a');
    expect(spans.length).toBeLessThanOrEqual(MOST_SPANS + MOST_STEPS);
    const work = spans.filter(({ phase }) => phase === 'work');
    expect(work[0]?.fromMs).toBe(0);
    expect(work.at(-1)?.toMs).toBe(4_999 * 60_000 + 1_000);
  });

  it('keeps times of work in order and apart, in whatever order batches end', () => {
    const spans = fc.array(fc.tuple(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 5_000 })));
    fc.assert(
      fc.property(spans, (all) => {
        const timeline = new WorkTimeline();
        for (const [fromMs, ms] of all) timeline.work(fromMs, fromMs + ms);
        const work = timeline.spansOf('a');
        work.forEach((span, at) => expect(span.fromMs).toBeGreaterThan(work[at - 1]?.toMs ?? -1));
        for (const [fromMs, ms] of all) {
          expect(work.some((span) => span.fromMs <= fromMs && span.toMs >= fromMs + ms)).toBe(true);
        }
      }),
    );
  });
});

describe('thinned points', () => {
  it('keep the first and the last', () => {
    const points = Array.from({ length: 1_777 }, (_, at) => at);
    const kept = thin(points, 500);
    expect(kept.length).toBeLessThanOrEqual(500);
    expect([kept[0], kept.at(-1)]).toEqual([0, 1_776]);
  });
});
