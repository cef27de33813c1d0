import { expect, it } from 'vitest';
import { instanceStatusKey } from '../../../core/contract/keys.js';
import { StatusWriter, type StatusView } from '../../../worker/events/status-writer.js';
import { FakeClock } from '../support/fake-clock.js';
import { MemoryStore } from '../support/memory-store.js';

it('writes the status when it changes, at most once a second, and again after a failure', async () => {
  const clock = new FakeClock();
  const store = new MemoryStore();
  const told: string[] = [];
  let view: StatusView = { phase: 'starting', slots: 1 };
  const board = new StatusWriter({
    identity: { instance: 'i', instanceType: 't', zone: 'z', region: 'r' },
    store,
    clock,
    events: { emit: (event) => told.push(event.code) },
    view: () => view,
  });
  const stop = new AbortController();
  const running = board.run(stop.signal);
  const puts = (): number => store.calls.filter(({ call }) => call === 'put').length;
  await clock.advance(5_000);
  expect(puts()).toBe(1);
  view = { phase: 'idle', slots: 1 };
  view = { phase: 'busy', slots: 4, notice: 'rebalance' };
  store.fail = () => new Error('503');
  await clock.advance(1_000);
  store.fail = () => undefined;
  await clock.advance(1_000);
  expect([puts(), told]).toEqual([3, ['trouble']]);
  expect(store.json(instanceStatusKey('i'))).toEqual({
    instance: 'i',
    phase: 'busy',
    slots: 4,
    notice: 'rebalance',
    instanceType: 't',
    zone: 'z',
    startedAt: '2026-01-01T00:00:00.000Z',
    at: '2026-01-01T00:00:07.000Z',
  });
  stop.abort();
  await running;
});

it('puts the same bytes again each minute while the loop turns, and nothing when it does not', async () => {
  const clock = new FakeClock();
  const store = new MemoryStore();
  const board = new StatusWriter({
    identity: { instance: 'i', instanceType: 't', zone: 'z', region: 'r' },
    store,
    clock,
    events: { emit: () => undefined },
    view: () => ({ phase: 'busy', slots: 1 }),
  });
  const stop = new AbortController();
  const running = board.run(stop.signal);
  const puts = (): number => store.calls.filter(({ call }) => call === 'put').length;
  await clock.advance(1_000);
  const first = store.json(instanceStatusKey('i'));
  await clock.advance(200_000);
  expect(puts()).toBe(1);
  board.turned();
  await clock.advance(2_000);
  board.turned();
  await clock.advance(70_000);
  expect(puts()).toBe(3);
  expect(store.json(instanceStatusKey('i'))).toEqual(first);
  stop.abort();
  await running;
});
