import { describe, expect, it } from 'vitest';
import type { NewWorkerEvent, WorkerEvent } from '../../../core/contract/events.js';
import * as keys from '../../../core/contract/keys.js';
import { encodeLossMark } from '../../../core/contract/loss-mark.js';
import { encodePoolHistory, type HistoryInstance, type PoolHistory } from '../../../core/contract/pool-history.js';
import { encodeWorkerSummary, type WorkerSummary } from '../../../core/contract/worker-summary.js';
import { encodeResultLine, failedLine } from '../../../core/contract/result-line.js';
import { encodeProgress } from '../../../core/pool/progress.js';
import type { JobRecord } from '../../../core/record/job-record.js';
import { WorkerSummaries } from '../../../core/record/worker-summaries.js';
import { buildRecord, newRecordMemory } from '../../../runner/record/build-record.js';
import { CountingStore } from '../../support/counting-store.js';
import { never, Stage } from '../controller/stage.js';

/** The stage's jobs were submitted then. */
const CREATED_MS = Date.parse('2026-01-01T00:00:00.000Z');
const at = (seconds: number): number => CREATED_MS + seconds * 1_000;
const iso = (seconds: number): string => new Date(at(seconds)).toISOString();
const prices = { spotDollarsPerHour: async () => 0.036 };

const record = (stage: Stage, seconds = 1_000): Promise<JobRecord> =>
  buildRecord({ store: stage.store, prices }, 'a', { nowMs: at(seconds), signal: never });

interface Worked {
  readonly job?: string;
  readonly batches: readonly number[];
  readonly failed?: number;
  readonly startSeconds?: number;
  readonly end?: Extract<WorkerEvent, { code: 'worker-ended' }>['reason'];
  readonly notice?: boolean;
}

/** A worker that starts, loads the model, and commits a batch of ten items each ten seconds. */
function summaryOf(
  instance: string,
  { job = 'a', batches, failed = 0, startSeconds = 10, end, notice }: Worked,
): WorkerSummary {
  const summaries = new WorkerSummaries(instance);
  const add = (seconds: number, event: NewWorkerEvent): void => summaries.add({ at: iso(seconds), instance, ...event });
  add(startSeconds, {
    code: 'worker-started',
    instanceType: 'c7g.large',
    zone: 'us-east-1a',
    slots: 1,
    bootMs: 1_000,
    message: '',
  });
  add(startSeconds + 5, { code: 'model-ready', job, model: 'm', loadMs: 4_000, message: '' });
  batches.forEach((batch, n) => {
    const errors = failed === 0 ? {} : { errors: [{ code: 'Bad', count: failed, index: batch * 10, message: 'bad' }] };
    add(startSeconds + 15 + n * 10, {
      code: 'batch-committed',
      job,
      batch,
      lease: `${instance}-${batch}`,
      ok: 10 - failed,
      failed,
      resumed: 0,
      computeMs: 10_000,
      heldMs: 12_000,
      slotMemoryBytes: (batch + 1) * 1_000_000,
      ...errors,
      message: '',
    });
  });
  const last = startSeconds + 15 + batches.length * 10;
  if (notice === true) add(last, { code: 'notice', kind: 'interruption', message: '' });
  if (end !== undefined) add(last + 5, { code: 'worker-ended', reason: end, held: 0, message: '' });
  return summaries.take(job) as WorkerSummary;
}

async function write(stage: Stage, summary: WorkerSummary): Promise<void> {
  await stage.write(keys.summaryKey('a', summary.instance), encodeWorkerSummary(summary));
}

const seen = (instance: string, more: Partial<HistoryInstance> = {}): HistoryInstance => ({
  instance,
  instanceType: 'c7g.large',
  zone: 'us-east-1a',
  launchedAtMs: at(0),
  ...more,
});

async function writeHistory(stage: Stage, instances: readonly HistoryInstance[], more: Partial<PoolHistory> = {}) {
  const points = [
    { atMs: at(1), target: 2, fulfilled: 0, left: 4 },
    { atMs: at(60), target: 0, fulfilled: 1, left: 0 },
  ];
  const history = {
    version: 1,
    job: 'a',
    everyMs: 1_000,
    points,
    instances,
    moreInstances: 0,
    jobsBeside: [],
    ...more,
  } as const;
  await stage.write(keys.historyKey('a'), encodePoolHistory(history));
}

/** A job of four batches on two instances. One of them is taken after a notice; it ran for 70 seconds. */
async function endedJob(): Promise<Stage> {
  const stage = new Stage();
  await stage.addJob('a', 4, { env: { TOKEN: 'secret' } });
  for (let batch = 0; batch < 4; batch++) await stage.commit('a', batch, batch < 2 ? 1 : 0);
  await write(stage, summaryOf('i-1', { batches: [0, 1], failed: 1, end: 'ticket' }));
  await write(stage, summaryOf('i-2', { batches: [2, 3], end: 'interruption', notice: true }));
  await writeHistory(stage, [
    seen('i-1', { endedAtMs: at(60) }),
    seen('i-2', { endedAtMs: at(70), reclaimed: true }),
    seen('i-3', { launchedAtMs: at(20), endedAtMs: at(30) }),
  ]);
  const entry = { kind: 'end', number: 1, state: 'complete', reason: 'All done.', at: iso(50) };
  await stage.write(keys.endsKey('a'), JSON.stringify({ version: 1, entries: [entry] }));
  return stage;
}

describe('the record of a job', () => {
  it('says what the job was, how it went, and what came out', async () => {
    const stage = await endedJob();
    await stage.write(keys.rerunKey('a', 'a-again'), '{}');
    const { what, how, outcomes, gaps, ...rest } = await record(stage);
    expect(rest).toMatchObject({ version: 1, job: 'a', builtAt: iso(1_000) });
    expect(what).toMatchObject({
      dataset: { name: 'drugs.csv', items: 40 },
      model: { name: 'herg.ts', kind: 'module' },
      batches: 4,
    });
    expect(what.model).not.toHaveProperty('start');
    expect(how).toMatchObject({
      state: 'complete',
      reruns: ['a-again'],
      firstOutcomeAt: iso(25),
      endedAt: iso(50),
      seconds: 50,
      ends: [{ reason: 'All done.' }],
    });
    expect(outcomes).toEqual({
      items: { total: 40, ok: 38, failed: 2 },
      batches: { total: 4, done: 4, givenUp: 0 },
      errors: [{ code: 'Bad', count: 2, example: { index: 0, message: 'bad' } }],
    });
    expect(gaps).toEqual([]);
  });

  it('has no value of a variable of the environment', async () => {
    const text = JSON.stringify(await record(await endedJob()));
    expect(text).toContain('TOKEN');
    expect(text).not.toContain('secret');
  });

  it('has each instance with its phases, its end and its cost, also one that never came up', async () => {
    const { pool, cost, waste } = await record(await endedJob());
    expect(pool.instances.map(({ instance, end, seconds, batches }) => [instance, end, seconds, batches])).toEqual([
      ['i-1', 'ticket', 60, 2],
      ['i-2', 'reclaimed', 70, 2],
      ['i-3', 'vanished', 10, 0],
    ]);
    expect(pool.instances[0]?.phases.map(({ phase, toAt }) => [phase, toAt])).toEqual([
      ['boot', iso(9)],
      ['idle', iso(11)],
      ['load', iso(15)],
      ['work', iso(35)],
      ['idle', iso(60)],
    ]);
    expect(pool.instances[1]?.marks.map(({ kind }) => kind)).toEqual(['notice', 'reclaim']);
    expect(pool.instances[1]?.phases.at(-1)).toMatchObject({ phase: 'drain', toAt: iso(70) });
    expect(pool).toMatchObject({ notices: 1, reclaims: { withNotice: 1, withoutNotice: 0 }, losses: 0 });
    expect(pool.fleet).toHaveLength(2);
    // AWS bills nothing for what it takes within the first hour.
    expect(pool.instances.map(({ dollars = -1 }) => Math.round(dollars * 1e6))).toEqual([600, 0, 100]);
    expect(cost.instanceSeconds).toBe(140);
    expect(cost.spotDollars).toBeCloseTo(0.0007);
    expect(cost.byType).toMatchObject([{ instanceType: 'c7g.large', instances: 3, seconds: 140 }]);
    expect(waste.notComputingSeconds).toBe(40 + 50 + 10);
  });

  it('has the pace: items over time, and the times of items, batches and steps', async () => {
    const { pace } = await record(await endedJob());
    expect(pace.done[0]).toEqual({ at: iso(0), items: 0 });
    expect(pace.done.at(-1)).toEqual({ at: iso(50), items: 40 });
    expect(pace.done.map(({ items }) => items)).toEqual([...pace.done].map(({ items }) => items).sort((a, b) => a - b));
    expect(pace.item).toMatchObject({ count: 40, longestMs: 1_000 });
    expect(pace.batch).toMatchObject({ count: 4, longestMs: 12_000 });
    expect(pace.phases).toMatchObject([{ phase: 'load', count: 2, medianMs: 4_000 }]);
    expect(pace.slotMemoryBytes).toBe(4_000_000);
  });

  it('counts an instance that other jobs used only up to the end of this job, and leaves out those that only others used', async () => {
    const stage = await endedJob();
    await writeHistory(stage, [seen('i-1', { endedAtMs: at(9_000) }), seen('i-9')], { jobsBeside: ['b'] });
    await write(stage, summaryOf('i-1', { batches: [0, 1], failed: 1 }));
    const { pool, cost } = await record(stage, 10_000);
    expect(pool.instances.map(({ instance, seconds }) => [instance, seconds])).toEqual([
      ['i-1', 50],
      ['i-2', 41],
    ]);
    expect(cost.sharedWith).toEqual(['b']);
  });

  it('believes a worker of its end when no controller looked for long after it', async () => {
    const stage = await endedJob();
    await writeHistory(stage, [seen('i-1', { endedAtMs: at(700) }), seen('i-2', { endedAtMs: at(700) })]);
    const { pool } = await record(stage);
    // AWS takes the other one when it wants.
    expect(pool.instances.map(({ instance, seconds }) => [instance, seconds])).toEqual([
      ['i-1', 50],
      ['i-2', 700],
    ]);
  });

  it('of a job that goes on is a look at that moment', async () => {
    const stage = new Stage();
    await stage.addJob('a', 4);
    await stage.commit('a', 0);
    await write(stage, summaryOf('i-1', { batches: [0] }));
    await writeHistory(stage, [seen('i-1')]);
    const { how, pool, gaps } = await record(stage, 100);
    expect(how).toMatchObject({ state: 'running', seconds: 100 });
    expect(how).not.toHaveProperty('endedAt');
    expect(pool.instances[0]).toMatchObject({ seconds: 100, batches: 1 });
    expect(pool.instances[0]).not.toHaveProperty('end');
    // Its worker may be computing: nobody knows before it says so.
    expect(pool.instances[0]?.phases.at(-1)).toMatchObject({ phase: 'work', toAt: iso(25) });
    expect(gaps).toEqual([]);
  });

  it('counts the deaths of workers, and marks them', async () => {
    const stage = await endedJob();
    const mark = encodeLossMark({ at: iso(33), items: [{ first: 1, last: 2 }], alone: false });
    for (const batch of [0, 1]) await stage.write(keys.lossKey('a', batch, 'i-1-abc'), mark);
    const { pool } = await record(stage);
    expect(pool.losses).toBe(1);
    expect(pool.instances[0]?.marks).toEqual([{ kind: 'loss', at: iso(33) }]);
  });

  it('says what is missing when a worker vanished before its last summary', async () => {
    const stage = await endedJob();
    await write(stage, summaryOf('i-1', { batches: [0], failed: 1 }));
    await writeHistory(stage, [seen('i-1')]);
    const { gaps, outcomes, pace, waste } = await record(stage);
    expect(gaps).toEqual([
      'The summaries of the workers hold 30 of the 40 items that are done, so pace and waste are those of these items.',
      'Nobody has seen the end of an instance, so their time counts up to the end of the job or their last event.',
      '1 failed item is not among the errors, because their workers could not report them, or used too many codes. "spotpool errors" counts all of them.',
    ]);
    expect(outcomes.items).toEqual({ total: 40, ok: 38, failed: 2 });
    expect(pace.done.at(-1)?.items).toBe(40);
    expect(waste.lostItemsAtMost).toBe(0);
  });

  it('of a job of an older version has what can be known, with the errors of its first outcomes', async () => {
    const stage = new Stage();
    await stage.addJob('a', 2);
    await stage.commit('a', 0, 10);
    await stage.commit('a', 1);
    const lines = Array.from({ length: 10 }, (_, index) =>
      encodeResultLine(failedLine(index, { code: 'Odd', message: 'odd' })),
    );
    const { metadata } = (await stage.store.head(keys.outcomeKey('a', 0), { signal: never })) ?? { metadata: {} };
    await stage.store.put(keys.outcomeKey('a', 0), lines.join(''), { signal: never, metadata });
    const { gaps, outcomes, pool, waste, cost } = await record(stage);
    expect(gaps).toEqual([
      'No worker left a summary of its events, so pace, phases and waste are not known. Workers of older versions write none.',
      'No controller has kept a history of the pool, so launches, targets and instances that never worked are not known.',
    ]);
    expect(outcomes.errors).toEqual([{ code: 'Odd', count: 10, example: { index: 0, message: 'odd' } }]);
    expect(pool.instances).toEqual([]);
    expect(waste).toEqual({ duplicateItems: 0, lostItemsAtMost: 0 });
    expect(cost).toEqual({ instanceSeconds: 0, spotDollars: 0, onDemandDollars: 0, byType: [], sharedWith: [] });
  });

  it('believes no nonsense of a worker: neither an end in the future nor the summary of another one', async () => {
    const stage = await endedJob();
    const honest = summaryOf('i-1', { batches: [0, 1], failed: 1, end: 'ticket' });
    await write(stage, {
      ...honest,
      ended: { atMs: 8e15, reason: 'ticket' },
      spans: [{ phase: 'work', fromMs: 0, toMs: 8e15 }],
    });
    await stage.write(keys.summaryKey('a', 'i-7'), encodeWorkerSummary(honest));
    await stage.write(keys.summaryKey('a', 'i-8'), '{"version":1');
    const { pool } = await record(stage);
    expect(pool.instances.map(({ instance, seconds }) => [instance, seconds])).toEqual([
      ['i-1', 60],
      ['i-2', 70],
      ['i-3', 10],
    ]);
  });

  it('has the cost at the prices of the job’s end, whenever somebody looks', async () => {
    const stage = await endedJob();
    const asked: (number | undefined)[] = [];
    const market = {
      spotDollarsPerHour: async (_pool: object, _signal: AbortSignal, atMs?: number) => {
        asked.push(atMs);
        return asked.length;
      },
    };
    const costs: (number | undefined)[] = [];
    for (const seconds of [99, 9_000]) {
      const time = { nowMs: at(seconds), signal: never };
      costs.push((await buildRecord({ store: stage.store, prices: market }, 'a', time)).cost.spotDollars);
    }
    expect(costs).toEqual([(60 + 10) / 3_600, (60 + 10) / 3_600]);
    expect(asked).toEqual([at(50)]);
  });

  it('says when a price is not known, and sums up nothing then', async () => {
    const stage = await endedJob();
    const unknown = { spotDollarsPerHour: async () => undefined };
    const { cost, gaps } = await buildRecord({ store: stage.store, prices: unknown }, 'a', {
      nowMs: at(99),
      signal: never,
    });
    expect(cost).not.toHaveProperty('spotDollars');
    expect(gaps).toEqual(['There is no Spot price of c7g.large us-east-1a.']);
  });

  it('of 500 instances and 100,000 batches takes under 2,000 requests, and has a bounded size', async () => {
    const [batches, workers] = [100_000, 500];
    const stage = new Stage();
    const store = new CountingStore();
    Object.assign(stage, { store });
    await stage.addJob('a', batches);
    const progress = {
      folded: [{ first: 0, last: batches - 1 }],
      batches: { done: batches, failed: 0 },
      items: { ok: batches * 10, failed: 0 },
    };
    await stage.write(keys.progressKey('a'), encodeProgress(progress));
    const own = Array.from({ length: batches / workers }, (_, n) => n);
    const one = summaryOf('i-0', { batches: own, end: 'ticket' });
    for (let worker = 0; worker < workers; worker++) await write(stage, { ...one, instance: `i-${worker}` });
    await writeHistory(
      stage,
      Array.from({ length: workers }, (_, worker) => seen(`i-${worker}`)),
    );
    store.reset();
    const time = { nowMs: at(9_000), signal: never, memory: newRecordMemory() };
    let asked = 0;
    const ports = { store, prices: { spotDollarsPerHour: async () => ++asked / 100 } };
    const built = await buildRecord(ports, 'a', time);
    expect(built.outcomes.items.ok).toBe(1_000_000);
    expect(built.pool.instances).toHaveLength(workers);
    expect(built.gaps).toEqual([]);
    expect(store.total).toBeLessThan(2_000);
    expect(JSON.stringify(built).length).toBeLessThan(4 * 1024 * 1024);

    // With the memory of the first record, the second one reads only what changed.
    await write(stage, { ...one, instance: 'i-7', batches: 1 });
    store.reset();
    const again = await buildRecord(ports, 'a', time);
    expect(again.pool.instances.find(({ instance }) => instance === 'i-7')?.batches).toBe(1);
    expect(store.total).toBeLessThan(20);
    expect(asked).toBe(1);
  });
});
