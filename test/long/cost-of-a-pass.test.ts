/** The requests of the controller's passes at the product's largest size: 100,000 batches that end in any order, and 1,000 instances. */
import { expect, it } from 'vitest';
import type { PassReport } from '../../runner/controller/report.js';
import { CountingStore } from '../support/counting-store.js';
import { Stage } from '../runner/controller/stage.js';

const BATCHES = 100_000;
const INSTANCES = 1_000;
/** A follower makes a pass each two seconds. A thousand workers with batches of four seconds end five hundred meanwhile. */
const PASS_MS = 2_000;
const ENDED_IN_A_PASS = 500;

async function bigStage(): Promise<{ readonly stage: Stage; readonly store: CountingStore; readonly order: number[] }> {
  const stage = new Stage();
  const store = new CountingStore();
  Object.assign(stage, { store, ports: { ...stage.ports, store } });
  await stage.addJob('a', BATCHES);
  stage.target = INSTANCES;
  stage.counts = { visible: 0, inFlight: INSTANCES, delayed: 0 };
  await stage.arrive();
  return { stage, store, order: shuffled(BATCHES) };
}

function shuffled(length: number): number[] {
  let state = 7;
  const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const order = Array.from({ length }, (_, at) => at);
  for (let at = length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
  }
  return order;
}

/** Runs a pass and returns its requests. Each outcome is looked at once in the life of the job: those are counted apart. */
async function costOf(
  stage: Stage,
  store: CountingStore,
): Promise<{ readonly beside: number; readonly done: number; readonly report: PassReport }> {
  stage.nowMs += PASS_MS;
  store.nowMs += PASS_MS;
  store.reset();
  const report = await stage.pass({ maxWorkers: INSTANCES });
  return { beside: store.total - store.requests.head, done: report.jobs[0]?.batches.done ?? 0, report };
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

it(
  'a pass takes ten requests in steady state, whatever the order in which batches end',
  { timeout: 600_000 },
  async () => {
    const { stage, store, order } = await bigStage();
    await costOf(stage, store);
    const costs: number[] = [];
    let committed = 0;
    let lag = 0;
    while (committed < BATCHES) {
      for (const batch of order.slice(committed, committed + ENDED_IN_A_PASS)) await stage.commit('a', batch);
      committed = Math.min(BATCHES, committed + ENDED_IN_A_PASS);
      // The heartbeats: the same bytes again.
      if (committed % (ENDED_IN_A_PASS * 20) === 0)
        for (let at = 0; at < INSTANCES; at++) await stage.say(`i-${at}`, {});
      const { beside, done } = await costOf(stage, store);
      if (committed <= BATCHES * 0.85) costs.push(beside);
      lag = Math.max(lag, committed - done);
      expect(beside).toBeLessThanOrEqual(60);
    }
    console.log({ mean: mean(costs), most: Math.max(...costs), mostUnseen: lag });
    expect(mean(costs)).toBeLessThanOrEqual(10);
    expect(Math.max(...costs.slice(50))).toBeLessThanOrEqual(12);
    // The end is seen some seconds later.
    let passes = 0;
    while ((await costOf(stage, store)).done < BATCHES) passes += 1;
    expect(passes).toBeLessThanOrEqual(5);
  },
);

it('a pass takes at most sixty requests in a storm, which changes the status of every instance', async () => {
  const { stage, store } = await bigStage();
  await costOf(stage, store);
  for (let at = 0; at < INSTANCES; at++) await stage.say(`i-${at}`, { phase: 'draining', notice: 'interruption' });
  const costs: number[] = [];
  for (let noticed = 0; noticed < INSTANCES;) {
    const { beside, report } = await costOf(stage, store);
    costs.push(beside);
    noticed = report.fleet.noticed;
  }
  console.log({ storm: costs.length, most: Math.max(...costs) });
  expect(Math.max(...costs)).toBeLessThanOrEqual(60);
});
