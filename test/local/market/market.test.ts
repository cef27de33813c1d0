import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MarketClock } from '../../../local/market/clock.js';
import { Market, type MarketOptions } from '../../../local/market/market.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const defaults: MarketOptions = {
  seed: 1,
  arriveOverMs: 0,
  capacity: Infinity,
  reclaimRatePerHour: 0,
  reclaims: [],
  noticeMs: 120_000,
};

/** A market whose instances run as soon as they are granted. */
function marketOf(options: Partial<MarketOptions>, timeScale = 1) {
  const grantedAtMs: number[] = [];
  const live = new Set<string>();
  const reclaimed: { readonly id: string; readonly noticeMs: number | null; readonly atMs: number }[] = [];
  const startMs = Date.now();
  const market = new Market({ ...defaults, ...options }, new MarketClock(timeScale), {
    live: () => live.size,
    takeable: () => [...live].filter((id) => !reclaimed.some((taken) => taken.id === id)),
    reclaim: (id, noticeMs) => reclaimed.push({ id, noticeMs, atMs: Date.now() - startMs }),
  });
  const request = (count: number) =>
    market.request(count, () => {
      grantedAtMs.push(Date.now() - startMs);
      const id = `i-${grantedAtMs.length}`;
      live.add(id);
      market.instanceRuns(id);
    });
  const end = (id: string): void => {
    live.delete(id);
    market.instanceEnded();
  };
  return { market, request, end, grantedAtMs, live, reclaimed };
}

test('instances that are asked for at once come up one after another', () => {
  const { request, grantedAtMs } = marketOf({ arriveOverMs: 8_000 });
  request(5);
  vi.advanceTimersByTime(0);
  expect(grantedAtMs).toEqual([0]);
  vi.advanceTimersByTime(8_000);
  expect(grantedAtMs).toHaveLength(5);
  expect(new Set(grantedAtMs).size).toBe(5);
});

test('the same seed brings them up at the same times, a faster market in as much less time', () => {
  const times = (seed: number, timeScale: number): readonly number[] => {
    const { request, grantedAtMs } = marketOf({ arriveOverMs: 80_000, seed }, timeScale);
    request(5);
    vi.advanceTimersByTime(80_000);
    return grantedAtMs;
  };
  expect(times(3, 1)).toEqual(times(3, 1));
  expect(times(3, 1)).not.toEqual(times(4, 1));
  for (const [index, atMs] of times(3, 10).entries())
    expect(Math.abs(atMs * 10 - times(3, 1)[index]!)).toBeLessThan(20);
});

test('launches wait at the capacity limit until somebody leaves or the limit is raised', () => {
  const { market, request, end, live } = marketOf({ capacity: 2 });
  request(4);
  vi.advanceTimersByTime(1_000);
  expect([...live]).toEqual(['i-1', 'i-2']);
  end('i-1');
  expect([...live]).toEqual(['i-2', 'i-3']);
  market.setCapacity(3);
  expect([...live]).toEqual(['i-2', 'i-3', 'i-4']);
});

test('a request that was cancelled is never granted', () => {
  const { market, request, live } = marketOf({ capacity: 0 });
  const [first] = request(2);
  vi.advanceTimersByTime(1_000);
  first!.state = 'cancelled';
  market.setCapacity(10);
  expect([...live]).toEqual(['i-1']);
});

test('a scripted reclaim takes one instance that long after the first one ran', () => {
  const { request, reclaimed } = marketOf({
    reclaims: [
      { afterMs: 6_000, notice: true },
      { afterMs: 9_000, notice: false },
    ],
  });
  vi.advanceTimersByTime(60_000);
  request(3);
  vi.advanceTimersByTime(20_000);
  expect(reclaimed.map(({ noticeMs, atMs }) => [noticeMs, atMs])).toEqual([
    [120_000, 66_000],
    [null, 69_000],
  ]);
  expect(reclaimed[0]?.id).not.toBe(reclaimed[1]?.id);
});

test('a scripted reclaim that finds nobody takes the next that runs', () => {
  const { request, end, reclaimed } = marketOf({ reclaims: [{ afterMs: 1_000, notice: false }] });
  request(1);
  vi.advanceTimersByTime(500);
  end('i-1');
  vi.advanceTimersByTime(5_000);
  expect(reclaimed).toEqual([]);
  request(1);
  vi.advanceTimersByTime(500);
  expect(reclaimed.map(({ id }) => id)).toEqual(['i-2']);
});

test('a rate takes instances by and by, with notice', () => {
  const { request, reclaimed } = marketOf({ reclaimRatePerHour: 60 });
  request(200);
  vi.advanceTimersByTime(60_000);
  // One a minute for each: within the first minute 1 - 1/e of them, 126.
  expect(reclaimed.length).toBeGreaterThan(105);
  expect(reclaimed.length).toBeLessThan(147);
  expect(reclaimed.every(({ noticeMs }) => noticeMs === 120_000)).toBe(true);
});
