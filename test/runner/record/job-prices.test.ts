import { beforeEach, describe, expect, it } from 'vitest';
import { pricesKey } from '../../../core/contract/keys.js';
import { ObjectRefused } from '../../../core/contract/object-store.js';
import { type PricesRequest, pricesOfJob } from '../../../runner/record/job-prices.js';
import type { SpotPrices } from '../../../runner/ports.js';
import { MemoryStore } from '../../support/memory-store.js';

const { signal } = new AbortController();
const DAY_MS = 86_400_000;
const ENDED_MS = Date.parse('2026-01-01T00:00:00.000Z');
const SMALL = { instanceType: 'c7g.large', zone: 'us-east-1a' };
const LARGE = { instanceType: 'c7g.xlarge', zone: 'us-east-1b' };

let store: MemoryStore;
/** The times for which the market was asked; undefined is now. */
let asked: (number | undefined)[];
/** The price rises by a cent a day. */
const market: SpotPrices = {
  spotDollarsPerHour: async (_pool, _signal, atMs) => {
    asked.push(atMs);
    return (2 + ((atMs ?? ENDED_MS + 7 * DAY_MS) - ENDED_MS) / DAY_MS) / 100;
  },
};
beforeEach(() => {
  store = new MemoryStore();
  asked = [];
});

const look = (change: Partial<PricesRequest> = {}, prices: SpotPrices = market): Promise<ReadonlyMap<string, number>> =>
  pricesOfJob(
    { store, prices },
    { job: 'a', pools: [SMALL], endedAtMs: ENDED_MS, nowMs: ENDED_MS + 7 * DAY_MS, known: new Map(), ...change },
    signal,
  );
const stored = (): unknown => JSON.parse(store.text(pricesKey('a')) ?? 'null');

describe('the prices of a job', () => {
  it('are those of now while it goes on, and nothing is kept', async () => {
    const { endedAtMs: _, ...running } = { endedAtMs: 0, job: 'a', pools: [SMALL], nowMs: ENDED_MS, known: new Map() };
    expect(await pricesOfJob({ store, prices: market }, running, signal)).toEqual(
      new Map([['c7g.large us-east-1a', 0.09]]),
    );
    expect(asked).toEqual([undefined]);
    expect(stored()).toBeNull();
  });

  it('are those of its end once it has ended, and are kept, so that a later look asks nobody', async () => {
    const first = await look();
    expect(first).toEqual(new Map([['c7g.large us-east-1a', 0.02]]));
    expect(asked).toEqual([ENDED_MS]);
    expect(stored()).toEqual({
      version: 1,
      endedAt: '2026-01-01T00:00:00.000Z',
      dollarsPerHour: { 'c7g.large us-east-1a': 0.02 },
    });
    const later = { spotDollarsPerHour: () => Promise.reject(new Error('AWS has forgotten this price.')) };
    expect(await look({ nowMs: ENDED_MS + 200 * DAY_MS }, later)).toEqual(first);
  });

  it('are completed when another pool is seen later', async () => {
    await look();
    expect(await look({ pools: [SMALL, LARGE] })).toEqual(
      new Map([
        ['c7g.large us-east-1a', 0.02],
        ['c7g.xlarge us-east-1b', 0.02],
      ]),
    );
    expect(asked).toEqual([ENDED_MS, ENDED_MS]);
    expect(stored()).toMatchObject({ dollarsPerHour: { 'c7g.large us-east-1a': 0.02, 'c7g.xlarge us-east-1b': 0.02 } });
  });

  it('are those of its last end after a resume', async () => {
    await look();
    const endedAtMs = ENDED_MS + DAY_MS;
    expect(await look({ endedAtMs })).toEqual(new Map([['c7g.large us-east-1a', 0.03]]));
    expect(stored()).toMatchObject({ endedAt: '2026-01-02T00:00:00.000Z' });
  });

  it('are the same for somebody who may not write them', async () => {
    store.beforeWrite = () => {
      throw new ObjectRefused('Access was refused.');
    };
    expect(await look()).toEqual(new Map([['c7g.large us-east-1a', 0.02]]));
    expect(await look()).toEqual(new Map([['c7g.large us-east-1a', 0.02]]));
    store.beforeWrite = () => {
      throw new Error('The disk is full.');
    };
    await expect(look()).rejects.toThrow('The disk is full.');
  });

  it('are asked for again when nobody knew them, and when the object is damaged', async () => {
    expect(await look({}, { spotDollarsPerHour: async () => undefined })).toEqual(new Map());
    expect(stored()).toBeNull();
    await store.put(pricesKey('a'), '{"version":1,"endedAt":"2026', { signal });
    expect(await look()).toEqual(new Map([['c7g.large us-east-1a', 0.02]]));
    expect(stored()).toMatchObject({ version: 1 });
  });

  it('are not read again by somebody who remembers them', async () => {
    const known: PricesRequest['known'] = new Map();
    await look({ known });
    let reads = 0;
    store.beforeRead = () => void (reads += 1);
    expect(await look({ known })).toEqual(new Map([['c7g.large us-east-1a', 0.02]]));
    expect(reads).toBe(0);
  });
});
