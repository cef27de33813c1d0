import { describe, expect, it } from 'vitest';
import { optionRows } from '../../../runner/page/view/options.js';
import { fleetSeries, paceSeries } from '../../../runner/page/view/series.js';
import { tickStep, tickText, timeWindow } from '../../../runner/page/view/time-window.js';
import { barsOf, livesOf, marksOf, phaseColumns, rowLayout, stackedAreas } from '../../../runner/page/view/timeline.js';
import { figuresOf, moodOf } from '../../../runner/page/view/truth.js';
import { milliseconds } from '../../../runner/page/view/times.js';
import { at, failedRecord, instanceOf, phasesFrom, runningRecord, smallRecord } from '../../support/job-records.js';
import { largeRecord } from '../../support/large-record.js';

const valueOf = (name: string, record = smallRecord()): string | undefined =>
  figuresOf(record).find((figure) => figure.name === name)?.value;

describe('the line of truth', () => {
  it('has the items, the failed ones, the time, the cost and the saving', () => {
    expect(figuresOf(smallRecord()).map(({ name }) => name)).toEqual([
      'items ok',
      'failed',
      'time',
      'cost on Spot',
      'saved',
    ]);
    expect(valueOf('items ok')).toBe('7,119');
    expect(valueOf('saved')).toBe('61 %');
  });

  it('says that a cost is unknown when a price is missing, and never shows 0', () => {
    expect(valueOf('cost on Spot', runningRecord())).toBe('unknown');
    expect(valueOf('saved', runningRecord())).toBe('unknown');
  });

  it('tells good ends from bad ones', () => {
    const record = smallRecord();
    const without = { ...record.outcomes, items: { total: 10, ok: 10, failed: 0 } };
    expect(moodOf(record)).toBe('mixed');
    expect(moodOf({ ...record, outcomes: without })).toBe('good');
    expect(moodOf(failedRecord())).toBe('bad');
    expect(moodOf(runningRecord())).toBe('going');
  });
});

describe('the window of time', () => {
  it('goes from the submit to the end, and shows how the last instances end', () => {
    const { fromMs, toMs } = timeWindow(smallRecord());
    expect([fromMs, toMs]).toEqual([Date.parse(at(0)), Date.parse(at(35))]);
  });

  it('leaves out most of the life of instances that go on for other jobs', () => {
    const record = smallRecord();
    const instances = record.pool.instances.map((instance) => ({ ...instance, endedAt: at(9_000) }));
    const { toMs } = timeWindow({ ...record, pool: { ...record.pool, instances } });
    expect(toMs).toBe(Date.parse(at(95)));
  });

  it('ends at the time of the record while the job runs', () => {
    expect(timeWindow(runningRecord()).toMs).toBe(Date.parse(at(20)));
  });

  it('has ticks at round times', () => {
    expect([35, 400, 14_400, 900_000].map((seconds) => tickStep(seconds, 8))).toEqual([5, 60, 1_800, 172_800]);
    expect([0, 5, 90].map((tick) => tickText(tick, 5))).toEqual(['0', '5 s', '1:30']);
    expect([120, 3_600, 5_400].map((tick) => tickText(tick, 1_800))).toEqual(['2 min', '1 h', '1:30 h']);
  });
});

describe('the timeline', () => {
  const window = { fromMs: Date.parse(at(0)), toMs: Date.parse(at(100)) };
  const scale = { window, width: 1_000 };
  const layout = rowLayout(1);

  it('draws a bar for each phase, as wide as it took', () => {
    const instance = {
      ...instanceOf({ number: 1, startSeconds: 0, workSeconds: 1 }),
      phases: phasesFrom(10, [
        ['boot', 5],
        ['work', 20],
      ]),
    };
    expect(barsOf([instance], scale, layout)).toEqual([
      { kind: 'work', path: 'M150 2H350v16H150z' },
      { kind: 'boot', path: 'M100 2H150v16H100z' },
    ]);
  });

  it('cuts what lies outside of its window', () => {
    const instance = {
      ...instanceOf({ number: 1, startSeconds: 0, workSeconds: 1 }),
      phases: phasesFrom(-50, [
        ['boot', 10],
        ['work', 500],
      ]),
    };
    expect(barsOf([instance], scale, layout)).toEqual([{ kind: 'work', path: 'M0 2H1000v16H0z' }]);
  });

  it('draws so many short phases as there are half pixels, and no more', () => {
    const phases = phasesFrom(
      0,
      Array.from({ length: 20_000 }, (_, n) => [n % 2 === 0 ? 'work' : 'idle', 0.005] as const),
    );
    const instance = { ...instanceOf({ number: 1, startSeconds: 0, workSeconds: 1 }), phases };
    const drawn = barsOf([instance], scale, layout).flatMap(({ path }) => path.split('M').slice(1));
    expect(drawn.length).toBeLessThanOrEqual(2_000);
  });

  it('shows the life of an instance of which no phase is known', () => {
    const bare = { ...instanceOf({ number: 1, startSeconds: 10, workSeconds: 20 }), phases: [] };
    expect(livesOf([bare], scale, layout, window.toMs)).toBe('M100 10H350');
  });

  it('marks a moment once, however often it was written down', () => {
    const instance = instanceOf({ number: 1, startSeconds: 10, workSeconds: 20, reclaimed: 'with-notice' });
    const twice = { ...instance, marks: [...instance.marks, ...instance.marks] };
    expect(marksOf([twice], scale, layout)).toEqual(marksOf([instance], scale, layout));
    expect(marksOf([instance], scale, layout).map(({ kind }) => kind)).toEqual(['notice', 'reclaim', 'hand-back']);
  });

  it('sums a large pool up by phase, so that all columns together are the time of all instances', () => {
    const { pool } = largeRecord(300);
    const large = timeWindow(largeRecord(300));
    const { phases, columns, most } = phaseColumns(pool.instances, large);
    const summed = [...phases.values()].flat().reduce((sum, count) => sum + count, 0);
    const inWindow = pool.instances
      .flatMap((instance) => instance.phases)
      .reduce((sum, { fromAt, toAt }) => {
        const [from, to] = [Math.max(large.fromMs, Date.parse(fromAt)), Math.min(large.toMs, Date.parse(toAt))];
        return sum + Math.max(0, to - from);
      }, 0);
    expect((summed * (large.toMs - large.fromMs)) / columns).toBeCloseTo(inWindow, -3);
    expect(most).toBeLessThanOrEqual(300);
    expect(most).toBeGreaterThan(200);
    expect(stackedAreas({ phases, columns, most, marks: new Map() }, { width: 800, height: 200 })[0]?.kind).toBe(
      'work',
    );
  });
});

describe('the series of the charts', () => {
  it('has a pace whose sum is the items that were done', () => {
    const record = smallRecord();
    const pace = paceSeries(record, timeWindow(record));
    const [seconds, rates] = [pace?.seconds ?? [], pace?.values[0] ?? []];
    const items = rates
      .slice(0, -1)
      .reduce((sum, rate, n) => sum + rate * ((seconds[n + 1] ?? 0) - (seconds[n] ?? 0)), 0);
    expect(items).toBeCloseTo(7_236, 3);
  });

  it('knows no pace of a job with fewer than two points', () => {
    const record = smallRecord();
    const one = { ...record, pace: { ...record.pace, done: record.pace.done.slice(0, 1) } };
    expect(paceSeries(one, timeWindow(one))).toBeUndefined();
  });

  it('knows no course of a fleet that nobody wrote down', () => {
    const record = smallRecord();
    expect(fleetSeries({ ...record, pool: { ...record.pool, fleet: [] } }, timeWindow(record))).toBeUndefined();
  });
});

it('options are shown as people give them, without values that may be secrets', () => {
  const { options } = smallRecord().what;
  const rows = optionRows({ ...options, env: { TOKEN: 'abc' }, maxFailed: '5%' });
  expect(rows).toContainEqual(['--max-workers', '6']);
  expect(rows).toContainEqual(['--max-failed', '5%']);
  expect(rows).toContainEqual(['--max-attempts', '3 (default)']);
  expect(rows).toContainEqual(['--env', 'TOKEN']);
  expect(JSON.stringify(rows)).not.toContain('abc');
});

it('measured times are told from microseconds to hours', () => {
  expect([0.012, 0.34, 5.25, 412, 2_410, 12_000, 7_200_000].map(milliseconds)).toEqual([
    '12 µs',
    '0.34 ms',
    '5.3 ms',
    '412 ms',
    '2.4 s',
    '12 s',
    '2 h 00 m',
  ]);
});
