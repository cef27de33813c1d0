import { afterEach, expect, it } from 'vitest';
import { doneKey, exitTicketKey, fleetStateKey } from '../../../core/contract/keys.js';
import { WorkerWorld } from '../support/worker-world.js';

const NONSENSE = [
  '',
  'null',
  '[]',
  '7',
  '"text"',
  '{',
  '{}',
  '{"grants":-1}',
  '{"state":7,"instance":7,"job":7}',
  '\u0000\uFFFF',
];
const STATE = { version: 1, generation: 1, target: 0, grants: 1, jobs: [], at: '' };

let w: WorkerWorld;
afterEach(() => w.end());

it.each(NONSENSE)('%j in the bucket is treated as missing, and ends no worker and no job', async (text) => {
  w = new WorkerWorld();
  w.store.set(fleetStateKey, text);
  w.store.set(doneKey('job'), text);
  w.submit({ batches: 3 });
  w.start();
  await w.passUntil(() => w.store.keys('jobs/job/results/').length === 3);
  await w.pass(30_000);
  expect(w.ended).toBeUndefined();
  expect(w.codes().filter((code) => code === 'trouble')).toHaveLength(1);
});

it.each(NONSENSE)('a ticket that says %j belongs to nobody, and keeps no worker from its work', async (text) => {
  w = new WorkerWorld();
  w.store.set(fleetStateKey, JSON.stringify(STATE));
  w.store.set(exitTicketKey(1, 0), text);
  w.start();
  await w.pass(5_000);
  w.submit({ batches: 3 });
  await w.passUntil(() => w.store.keys('jobs/job/results/').length === 3);
  expect(w.ended).toBeUndefined();
});
