/** Runs one short job on a misbehaving cloud, and checks what must hold whatever happens to its requests. */
import { expect } from 'vitest';
import { outcomeKey } from '../../../core/contract/keys.js';
import type { FaultRule, ListedFault } from '../../../local/faults/request-faults.js';
import { eventually } from '../../support/eventually.js';
import type { Lab } from '../../support/lab.js';
import { modelPath } from '../../e2e/models.js';

const ITEMS = 24;
const BATCH_SIZE = 4;

export interface Misbehaviour {
  readonly faults?: readonly FaultRule[];
  readonly imperfections?: unknown;
}

/** Fails also when a fault that must occur never occurred, because then nothing was tested. */
export async function runJobUnder(lab: Lab, { faults = [], imperfections = {} }: Misbehaviour): Promise<void> {
  const items = Array.from({ length: ITEMS }, (_, index) => index);
  const dataset = await lab.file('items.jsonl', items.map((item) => `${item}\n`).join(''));
  for (const fault of faults) await lab.admin('POST', 'faults', fault);
  await lab.admin('POST', 'imperfections', imperfections);
  const options = ['--model', modelPath('double'), '--batch-size', String(BATCH_SIZE), '--id', 'job', '--json'];
  const run = await lab.cli(['run', dataset, ...options]);
  const { faults: seen } = (await lab.admin('GET', 'faults')) as { faults: readonly ListedFault[] };
  await lab.admin('DELETE', 'faults');
  await lab.admin('DELETE', 'imperfections');
  expect(run.code, `${run.stdout}\n${run.stderr}`).toBe(0);
  const idle = seen.filter(({ rate, after = 0, struck }) => rate === undefined && after < 5 && struck === 0);
  expect(idle, 'certain, and yet they never struck').toEqual([]);
  await expectExactlyOnce(lab, items);
  await expectNothingRuns(lab);
}

async function expectExactlyOnce(lab: Lab, items: readonly number[]): Promise<void> {
  const results = await lab.results('job');
  expect(results).toEqual(items.map((item) => ({ index: item, ok: true, output: item * 2 })));
  const status = await lab.status('job');
  const batches = ITEMS / BATCH_SIZE;
  expect(status).toMatchObject({
    state: 'complete',
    batches: { total: batches, done: batches, failed: 0 },
    items: { total: ITEMS, ok: ITEMS, failed: 0 },
  });
  const signal = AbortSignal.timeout(10_000);
  const last = await lab.store.head(outcomeKey('job', batches - 1), { signal });
  expect(last).toBeDefined();
  const attempts: string[] = [];
  for await (const { key } of lab.store.list('jobs/job/attempts/', { signal })) attempts.push(key);
  expect(attempts, 'what befalls a request is no attempt of a batch').toEqual([]);
}

/** R9: the target is 0, no instance runs, and the queue is empty, except for messages that a lost reply holds until their lease ends. */
async function expectNothingRuns(lab: Lab): Promise<void> {
  await eventually(async () => (await lab.instances()).every(({ state }) => state === 'terminated'), {
    what: 'every instance to end',
    timeoutMs: 40_000,
  });
  expect((await lab.status('job')).fleet).toMatchObject({ target: 0, running: 0 });
}
