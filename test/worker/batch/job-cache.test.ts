import { expect, it } from 'vitest';
import { encodeEnds, NO_ENDS, withEnd, withResume } from '../../../core/contract/ends.js';
import { encodeFleetState } from '../../../core/contract/fleet-state.js';
import { endsKey, fleetStateKey } from '../../../core/contract/keys.js';
import { JobCache } from '../../../worker/batch/job-cache.js';
import { MemoryStore } from '../support/memory-store.js';

const at = '2026-01-01T00:00:00.000Z';
const failed = withEnd(NO_ENDS, { state: 'failed', reason: 'no', at });
const before = { batches: { done: 0, failed: 0 }, items: { ok: 0, failed: 0 } };
const resumed = withResume(failed, { at, by: 'me', options: {}, before });

/** A cache over an empty bucket, with a clock that the test moves. */
function world() {
  const store = new MemoryStore();
  const time = { nowMs: 1_000_000 };
  const clock = { nowMs: () => time.nowMs, sleep: () => new Promise<void>(() => undefined) };
  const troubles: unknown[] = [];
  const onTrouble = (error: unknown): void => void troubles.push(error);
  const jobs = new JobCache({ store, clock, signal: new AbortController().signal, onTrouble });
  return { store, time, jobs, troubles };
}

it('a job that was resumed loses no message although the clock of the worker was set back', async () => {
  const { store, time, jobs } = world();
  store.set(endsKey('job'), encodeEnds(failed));
  expect(await jobs.end('job')).toBe('failed');
  store.set(endsKey('job'), encodeEnds(resumed));
  time.nowMs -= 600_000;
  expect((await jobs.standing('job', time.nowMs)).end).toBeUndefined();
});

/** How often the ends of a job were read in the minute after the pool's size was known, with a look every two seconds. */
async function readsInAMinute(target: number): Promise<number> {
  const { store, time, jobs } = world();
  store.set(fleetStateKey, encodeFleetState({ version: 1, generation: 1, target, grants: 0, jobs: ['job'], at }));
  await jobs.end('job');
  await Promise.resolve();
  time.nowMs += 10_000;
  const reads = (): number => store.calls.filter(({ key }) => key === endsKey('job')).length;
  const before = reads();
  for (let look = 0; look < 30; look += 1, time.nowMs += 2_000) await jobs.end('job');
  return reads() - before;
}

it('a worker reads whether a job has ended every two seconds in a small pool, and every ten in a large one', async () => {
  expect(await readsInAMinute(10)).toBe(30);
  expect(await readsInAMinute(11)).toBe(6);
});

it('a pool whose size cannot be read counts as small, and the trouble is reported', async () => {
  const { store, time, jobs, troubles } = world();
  store.fail = (_, key) => (key === fleetStateKey ? new Error('no') : undefined);
  await jobs.end('job');
  store.set(endsKey('job'), encodeEnds(failed));
  time.nowMs += 2_000;
  expect(await jobs.end('job')).toBe('failed');
  expect(troubles).toHaveLength(1);
});

it('while S3 is slow, one reading of a job is under way at a time, and those who need a newer one share the next', async () => {
  const { store, time, jobs } = world();
  const answers: (() => void)[] = [];
  const get = store.get.bind(store);
  store.get = async (key, options) => {
    if (key === endsKey('job')) await new Promise<void>((resolve) => answers.push(resolve));
    return get(key, options);
  };
  const asked: Promise<unknown>[] = [];
  for (let look = 0; look < 10; look += 1, time.nowMs += 5_000) {
    asked.push(jobs.end('job'), jobs.standing('job', time.nowMs));
    await Promise.resolve();
  }
  expect(answers).toHaveLength(1);
  answers[0]?.();
  await asked[0];
  await new Promise(setImmediate);
  expect(answers).toHaveLength(2);
  answers[1]?.();
  await Promise.all(asked);
  expect(answers).toHaveLength(2);
});
