import { expect, it } from 'vitest';
import { readStatuses, type KnownStatuses } from '../../../../runner/controller/observe/read-statuses.js';
import { CountingStore } from '../../../support/counting-store.js';
import { never, Stage } from '../stage.js';

it('reads a status again only when its bytes have changed, and tells when each was last written', async () => {
  const stage = new Stage();
  const store = new CountingStore();
  Object.assign(stage, { store });
  stage.target = 3;
  await stage.arrive();
  const known: KnownStatuses = new Map();
  const read = () => readStatuses(store, stage.instances, known, never);
  expect((await read()).statuses.size).toBe(3);
  store.reset();
  store.nowMs = 60_000;
  await stage.say('i-0', {});
  await stage.say('i-1', { phase: 'idle' });
  store.nowMs = 90_000;
  const again = await read();
  expect(store.requests).toEqual({ get: 1, head: 0, put: 2, list: 1 });
  expect(again.statuses.get('i-1')?.phase).toBe('idle');
  expect(again.atMs).toBe(90_000);
  expect([...again.heardAtMs.values()]).toEqual([60_000, 60_000, 0]);
});

it('forgets the statuses of ended instances', async () => {
  const stage = new Stage();
  stage.target = 2;
  await stage.arrive();
  const known: KnownStatuses = new Map();
  await readStatuses(stage.store, stage.instances, known, never);
  stage.end('i-0');
  expect([...(await readStatuses(stage.store, stage.instances, known, never)).statuses.keys()]).toEqual(['i-1']);
  expect([...known.keys()]).toEqual(['i-1']);
});
