import { describe, expect, it } from 'vitest';
import {
  decodePoolHistory,
  encodePoolHistory,
  MOST_HISTORY_BYTES,
  MOST_HISTORY_INSTANCES,
  MOST_POINTS,
} from '../../../core/contract/pool-history.js';
import { type FleetLook, HistoryTally } from '../../../core/record/history-tally.js';

const instance = (name: string, more: object = {}): FleetLook['instances'][number] => ({
  instance: name,
  isLive: true,
  instanceType: 'c7g.large',
  zone: 'us-east-1a',
  launchedAtMs: 1_000,
  reclaimed: false,
  ...more,
});
const look = (atMs: number, ...instances: FleetLook['instances']): FleetLook => ({
  atMs,
  target: 2,
  fulfilled: instances.length,
  instances,
});

describe('the history of the pool', () => {
  it('has each instance from its launch to the look that no longer showed it live', () => {
    const tally = new HistoryTally('a');
    tally.look(look(2_000, instance('i-1'), instance('i-2'), instance('i-0', { isLive: false })), 9, ['b']);
    tally.look(look(5_000, instance('i-1', { isLive: false, reclaimed: true }), instance('i-2')), 5, ['a', 'b']);
    tally.look(look(9_000, instance('i-1', { isLive: false, reclaimed: true })), 2, []);
    const history = tally.history();
    expect(history.instances).toEqual([
      {
        instance: 'i-1',
        instanceType: 'c7g.large',
        zone: 'us-east-1a',
        launchedAtMs: 1_000,
        endedAtMs: 5_000,
        reclaimed: true,
      },
      { instance: 'i-2', instanceType: 'c7g.large', zone: 'us-east-1a', launchedAtMs: 1_000, endedAtMs: 9_000 },
    ]);
    expect(history.points.map(({ atMs, fulfilled, left }) => [atMs, fulfilled, left])).toEqual([
      [2_000, 3, 9],
      [5_000, 2, 5],
      [9_000, 1, 2],
    ]);
    expect(history.jobsBeside).toEqual(['b']);
    expect(tally.isOver).toBe(true);
    expect(decodePoolHistory(encodePoolHistory(history), 'a')).toEqual(history);
    expect(decodePoolHistory(encodePoolHistory(history), 'b')).toBeUndefined();
  });

  it('has at most 500 points spread evenly over any time, the first and the latest look included', () => {
    const tally = new HistoryTally('a');
    for (let at = 0; at <= 100_000; at++) tally.look(look(at * 1_000), 100_000 - at, []);
    const { points } = tally.history();
    expect(points.length).toBeLessThanOrEqual(MOST_POINTS);
    expect(points.length).toBeGreaterThan(MOST_POINTS / 3);
    expect([points[0]?.atMs, points.at(-1)?.atMs]).toEqual([0, 100_000_000]);
    const gaps = points.slice(1, -1).map(({ atMs }, at) => atMs - (points[at]?.atMs ?? 0));
    expect(Math.max(...gaps) / Math.min(...gaps)).toBeLessThanOrEqual(2.1);
  });

  it('joins what two controllers saw: the earlier of two ends, and no instance twice', () => {
    const [one, other] = [new HistoryTally('a'), new HistoryTally('a')];
    one.look(look(2_000, instance('i-1')), 9, []);
    other.look(look(2_500, instance('i-1'), instance('i-2')), 9, []);
    one.look(look(6_000), 8, []);
    other.look(look(6_500, instance('i-2')), 8, []);
    other.addAll(one.history());
    expect(other.history().instances.map(({ instance: name, endedAtMs }) => [name, endedAtMs])).toEqual([
      ['i-1', 6_000],
      ['i-2', undefined],
    ]);
    const times = other.history().points.map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('is bounded in a fleet of any size, and counts the instances that have no room once each', () => {
    const tally = new HistoryTally('a');
    const many = Array.from({ length: MOST_HISTORY_INSTANCES + 7 }, (_, at) =>
      instance(`i-${String(at).padStart(17, '0')}`),
    );
    for (let pass = 1; pass <= 3; pass++) tally.look(look(pass * 1_000, ...many), 1, []);
    const history = tally.history();
    expect(history.instances).toHaveLength(MOST_HISTORY_INSTANCES);
    expect(history.moreInstances).toBe(7);
    expect(encodePoolHistory(history).length).toBeLessThan(MOST_HISTORY_BYTES);
  });
});
