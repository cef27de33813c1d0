import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MarketEvent } from '../../../local/market/log.js';
import { MarketClock } from '../../../local/market/clock.js';
import { DEFAULT_COMPUTE_OPTIONS } from '../../../local/ec2/compute.js';
import { Market, type MarketOptions } from '../../../local/market/market.js';
import { CAPACITY_STEP_MS, type Pool } from '../../../local/market/pools.js';
import { SpotPrices } from '../../../local/market/prices.js';
import type { ReclaimTiming } from '../../../local/market/reclaims.js';
import type { MarketInstance } from '../../../local/market/reclaimer.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const poolA: Pool = { instanceType: 'c7g.large', zone: 'us-east-1a' };
const poolB: Pool = { instanceType: 'm7g.large', zone: 'us-east-1b' };

interface Taken extends ReclaimTiming {
  readonly id: string;
  readonly atMs: number;
}

/** Builds a market whose instances run as soon as they are granted. */
function marketOf(options: Partial<MarketOptions>, timeScale = 1) {
  const grantedAtMs: number[] = [];
  const live = new Map<string, MarketInstance>();
  const reclaimed: Taken[] = [];
  const recommended: string[] = [];
  const clock = new MarketClock(timeScale);
  const market = new Market({ ...DEFAULT_COMPUTE_OPTIONS, ...options }, clock, new SpotPrices(1, timeScale), {
    live: () => [...live.values()],
    reclaimable: () => [...live.values()].filter(({ id }) => !reclaimed.some((taken) => taken.id === id)),
    reclaim: (id, timing) => reclaimed.push({ id, ...timing, atMs: Date.now() - clock.startMs }),
    recommendRebalance: (id) => recommended.push(`${id} at ${Date.now() - clock.startMs}`),
  });
  const request = (count: number, pools: readonly Pool[] = [poolA]) =>
    market.request(
      count,
      () => pools,
      (_, pool) => {
        grantedAtMs.push(Date.now() - clock.startMs);
        const sequence = grantedAtMs.length;
        const instance = { id: `i-${sequence}`, sequence, ...pool };
        live.set(instance.id, instance);
        market.instanceRuns(instance);
      },
    );
  const end = (id: string): void => {
    const instance = live.get(id)!;
    live.delete(id);
    market.instanceEnded(instance);
  };
  const zones = (): string => [...live.values()].map(({ zone }) => zone.at(-1)).join('');
  return { market, request, end, grantedAtMs, live, zones, reclaimed, recommended };
}

test('instances that are requested together come up one after another', () => {
  const { request, grantedAtMs } = marketOf({ arriveOverMs: 8_000 });
  request(5);
  vi.advanceTimersByTime(0);
  expect(grantedAtMs).toEqual([0]);
  vi.advanceTimersByTime(8_000);
  expect(grantedAtMs).toHaveLength(5);
  expect(new Set(grantedAtMs).size).toBe(5);
});

test('the same seed launches them at the same times, and a faster market in proportionally less time', () => {
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

test('launches wait at the capacity limit until an instance ends or the limit is raised', () => {
  const { market, request, end, live } = marketOf({ capacity: 2 });
  request(4);
  vi.advanceTimersByTime(1_000);
  expect([...live.keys()]).toEqual(['i-1', 'i-2']);
  end('i-1');
  expect([...live.keys()]).toEqual(['i-2', 'i-3']);
  market.setCapacity(3);
  expect([...live.keys()]).toEqual(['i-2', 'i-3', 'i-4']);
});

test('a request that was cancelled is never granted', () => {
  const { market, request, live } = marketOf({ capacity: 0 });
  const [first] = request(2);
  vi.advanceTimersByTime(1_000);
  first!.state = 'cancelled';
  market.setCapacity(10);
  expect([...live.keys()]).toEqual(['i-1']);
});

test('a scripted reclaim takes one instance at its time after the first one ran', () => {
  const { request, reclaimed } = marketOf({
    script: [
      { kind: 'reclaim', afterMs: 6_000 },
      { kind: 'reclaim', afterMs: 9_000, noticeMs: null },
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

test('a scripted reclaim without a running instance takes the next one that runs', () => {
  const { request, end, reclaimed } = marketOf({ script: [{ kind: 'reclaim', afterMs: 1_000, noticeMs: null }] });
  request(1);
  vi.advanceTimersByTime(500);
  end('i-1');
  vi.advanceTimersByTime(5_000);
  expect(reclaimed).toEqual([]);
  request(1);
  vi.advanceTimersByTime(500);
  expect(reclaimed.map(({ id }) => id)).toEqual(['i-2']);
});

test('a rate takes instances over time, with notice', () => {
  const { request, reclaimed } = marketOf({ reclaimRatePerHour: 60 });
  request(200);
  vi.advanceTimersByTime(60_000);
  // At one reclaim a minute for each, the first minute should take a share of 1 - 1/e, which is 126.
  expect(reclaimed.length).toBeGreaterThan(105);
  expect(reclaimed.length).toBeLessThan(147);
  expect(reclaimed.every(({ noticeMs }) => noticeMs === 120_000)).toBe(true);
});

test('a share of the reclaims by rate comes without notice', () => {
  const { request, reclaimed } = marketOf({ reclaimRatePerHour: 600, unnoticedShare: 0.25 });
  request(400);
  vi.advanceTimersByTime(3_600_000);
  const unnoticed = reclaimed.filter(({ noticeMs }) => noticeMs === null).length;
  expect(reclaimed).toHaveLength(400);
  expect(unnoticed).toBeGreaterThan(70);
  expect(unnoticed).toBeLessThan(130);
});

test('a script can take all instances at once, later than announced, or all of one pool', () => {
  const { request, reclaimed } = marketOf({
    script: [
      { kind: 'reclaim', afterMs: 1_000, all: true, pool: { zone: 'us-east-1b' } },
      { kind: 'reclaim', afterMs: 2_000, all: true, noticeMs: 120_000, takenAfterMs: 5_000 },
    ],
  });
  request(2, [poolA]);
  request(2, [poolB]);
  vi.advanceTimersByTime(1_000);
  expect(reclaimed.map(({ id }) => id)).toEqual(['i-3', 'i-4']);
  vi.advanceTimersByTime(1_000);
  expect(reclaimed.slice(2)).toEqual([
    { id: 'i-1', noticeMs: 120_000, takenAfterMs: 5_000, atMs: 2_000 },
    { id: 'i-2', noticeMs: 120_000, takenAfterMs: 5_000, atMs: 2_000 },
  ]);
});

test('an instance gets a rebalance recommendation before the market takes it, if configured', () => {
  const { request, reclaimed, recommended } = marketOf({
    rebalanceLeadMs: 4_000,
    script: [{ kind: 'reclaim', afterMs: 6_000 }],
  });
  request(1);
  vi.advanceTimersByTime(10_000);
  expect(recommended).toEqual(['i-1 at 2000']);
  expect(reclaimed).toMatchObject([{ id: 'i-1', atMs: 6_000 }]);
});

test('a chosen instance is not chosen again; if it ends before its notice, another one is taken', () => {
  const { request, end, reclaimed, recommended } = marketOf({
    rebalanceLeadMs: 4_000,
    script: [
      { kind: 'reclaim', afterMs: 6_000 },
      { kind: 'reclaim', afterMs: 7_000 },
    ],
  });
  request(3);
  vi.advanceTimersByTime(3_000);
  expect(new Set(recommended.map((text) => text.slice(0, 3))).size).toBe(2);
  end(recommended[0]!.slice(0, 3));
  vi.advanceTimersByTime(10_000);
  expect(new Set(reclaimed.map(({ id }) => id)).size).toBe(2);
  expect(reclaimed.map(({ atMs }) => atMs)).toEqual([6_000, 7_000]);
});

test('a short pool gives no instance, and the next best pool takes its place', () => {
  const { market, request, zones } = marketOf({ pools: [{ pool: { zone: 'us-east-1a' }, capacity: 1 }] });
  request(3, [poolA, poolB]);
  vi.advanceTimersByTime(0);
  expect(zones()).toBe('abb');
  market.setPoolCapacity({ pool: { zone: 'us-east-1a' }, capacity: null });
  request(1, [poolA, poolB]);
  vi.advanceTimersByTime(0);
  expect(zones()).toBe('abba');
});

test('a request whose pools are all short waits without blocking others', () => {
  const { market, request, zones } = marketOf({ pools: [{ pool: poolA, capacity: 0 }] });
  request(2, [poolA]);
  request(1, [poolB]);
  vi.advanceTimersByTime(60_000);
  expect(zones()).toBe('b');
  expect(market.short).toBe(2);
  market.setPoolCapacity({ pool: poolA, capacity: 1 });
  expect(zones()).toBe('ba');
  expect(market.short).toBe(1);
});

test('a shortage may come and go by script', () => {
  const { request, end, zones } = marketOf({
    script: [
      { kind: 'capacity', afterMs: 1_000, pool: {}, capacity: 0 },
      { kind: 'capacity', afterMs: 5_000, pool: {}, capacity: null },
    ],
  });
  request(1);
  vi.advanceTimersByTime(2_000);
  request(1);
  vi.advanceTimersByTime(1_000);
  end('i-1');
  expect(zones()).toBe('');
  vi.advanceTimersByTime(2_000);
  expect(zones()).toBe('a');
});

test('waiting requests are granted when the capacity of their pools grows', () => {
  const { market, request, live } = marketOf({ poolCapacity: 3 });
  const now = market.capacityOf(poolA);
  request(7);
  vi.advanceTimersByTime(0);
  expect(live.size).toBe(now);
  let most = now;
  for (let step = 0; step < 50; step += 1) {
    vi.advanceTimersByTime(CAPACITY_STEP_MS);
    most = Math.max(most, market.capacityOf(poolA));
    expect(live.size).toBe(Math.min(7, most));
  }
  expect(most).toBeGreaterThan(now);
});

test("a set price holds until it is reset to the seed's price", () => {
  const { market } = marketOf({});
  const prices = new SpotPrices(1, 1);
  const seeded = prices.at(poolA, Date.now());
  prices.set({ pool: { zone: 'us-east-1a' }, dollarsPerHour: 9 }, Date.now());
  expect(prices.at(poolA, Date.now())).toBe(9);
  expect(prices.at(poolA, Date.now() - 1)).toBe(seeded);
  prices.set({ dollarsPerHour: null }, Date.now() + 1);
  expect(prices.at(poolA, Date.now() + 1)).toBe(seeded);
  market.setPrice({ dollarsPerHour: 1 });
  expect(market.events().at(-1)).toEqual({ atMs: 0, kind: 'price', dollarsPerHour: 1 });
});

test('the same seed gives the same sequence of events, another seed a different one', () => {
  const story = (seed: number): readonly MarketEvent[] => {
    const { market, request, end, reclaimed } = marketOf({
      seed,
      arriveOverMs: 30_000,
      launchDelay: 'typical',
      poolCapacity: 2,
      reclaimRatePerHour: 20,
      unnoticedShare: 0.5,
      script: [{ kind: 'reclaim', afterMs: 90_000, noticeMs: null }],
    });
    request(6, [poolA, poolB]);
    for (let minute = 0; minute < 120; minute += 1) {
      vi.advanceTimersByTime(60_000);
      for (const { id } of reclaimed.splice(0)) {
        end(id);
        request(1, [poolB, poolA]);
      }
    }
    return market.events();
  };
  expect(story(3).length).toBeGreaterThan(50);
  vi.advanceTimersByTime(1_234);
  expect(story(3)).toEqual(story(3));
  expect(story(3)).not.toEqual(story(4));
});
