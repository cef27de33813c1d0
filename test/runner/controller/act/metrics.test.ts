import { beforeEach, describe, expect, it } from 'vitest';
import { metricNames } from '../../../../core/pool/metrics.js';
import { countReclaims, metricsRecord } from '../../../../runner/controller/act/metrics.js';
import type { JobProgress, PassReport } from '../../../../runner/controller/report.js';
import type { FleetInstance } from '../../../../runner/ports.js';
import { MemoryStore } from '../../../support/memory-store.js';

const { signal } = new AbortController();
const at = '2026-11-21T00:00:00.000Z';

const instance = (id: string, reclaimed: boolean): FleetInstance => ({
  instance: id,
  state: reclaimed ? 'terminated' : 'running',
  instanceType: 'c7g.large',
  zone: 'us-east-1a',
  launchedAtMs: 0,
  reclaimed,
});

const job = (state: JobProgress['state'], total: number, done: number): JobProgress => ({
  job: `${state}-${total}`,
  state,
  batches: { total, done, failed: 0 },
  items: { total, ok: done, failed: 0 },
  instanceHours: { used: 0 },
  createdAt: at,
  createdBy: 'ada',
  dataset: 'd',
  model: 'm',
});

const report: PassReport = {
  atMs: Date.parse(at),
  fleet: { target: 5, fulfilled: 4, pending: 0, running: 4, noticed: 0, draining: 0, starting: 0, idle: 0, busy: 4 },
  preparing: [],
  description: { target: 5, fulfilled: 4, state: 'active', instances: [] },
  state: undefined,
  jobs: [job('running', 100, 40), job('submitting', 10, 0), job('cancelled', 50, 1), job('complete', 7, 7)],
  events: [],
  awaitsTarget: false,
  unreadable: new Map(),
  parked: false,
};

describe('the metrics of a pass', () => {
  const record = metricsRecord(report, { stack: 'Pool', reclaims: 2 }) as Record<string, unknown> & {
    readonly _aws: {
      readonly Timestamp: number;
      readonly CloudWatchMetrics: readonly [
        {
          readonly Dimensions: string[][];
          readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
        },
      ];
    };
  };

  it('are the values of the fleet, and of the running jobs', () => {
    expect(record).toMatchObject({ Stack: 'Pool', Target: 5, Fulfilled: 4, BatchesLeft: 70, Reclaims: 2 });
  });

  it("have the embedded metric format's form: each metric and dimension that is named is a member", () => {
    const { Timestamp, CloudWatchMetrics } = record._aws;
    expect(Timestamp).toBe(Date.parse(at));
    const [{ Dimensions, Metrics }] = CloudWatchMetrics;
    expect(CloudWatchMetrics).toEqual([{ Namespace: 'Spotpool', Dimensions: [['Stack']], Metrics }]);
    expect(Metrics.map(({ Name }) => Name).sort()).toEqual(Object.values(metricNames).sort());
    for (const { Name, Unit } of Metrics) expect([typeof record[Name], Unit]).toEqual(['number', 'Count']);
    for (const dimension of Dimensions.flat()) expect(typeof record[dimension]).toBe('string');
  });
});

describe('counting reclaims', () => {
  let store: MemoryStore;
  beforeEach(() => (store = new MemoryStore()));
  const count = (instances: readonly FleetInstance[], counted: Set<string>): Promise<number> =>
    countReclaims(store, instances, counted, { at, signal });
  const seen = [instance('i-1', true), instance('i-2', false), instance('i-3', true)];

  it('counts each reclaim once, however many controllers look, and however often', async () => {
    const [one, two] = [new Set<string>(), new Set<string>()];
    const counts = await Promise.all([count(seen, one), count(seen, two)]);
    expect(counts.reduce((a, b) => a + b)).toBe(2);
    expect(await count([...seen, instance('i-4', true)], one)).toBe(1);
    expect(await count([...seen, instance('i-4', true)], new Set())).toBe(0);
  });

  it('makes no request for known reclaims, and forgets those that EC2 has forgotten', async () => {
    const counted = new Set<string>();
    await count(seen, counted);
    const writes = store.writes.length;
    await count(seen, counted);
    expect(store.writes).toHaveLength(writes);
    await count([instance('i-3', true)], counted);
    expect([...counted]).toEqual(['i-3']);
  });
});
