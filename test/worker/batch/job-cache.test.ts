import { expect, it } from 'vitest';
import { encodeEnds, NO_ENDS, withEnd, withResume } from '../../../core/contract/ends.js';
import { endsKey } from '../../../core/contract/keys.js';
import { JobCache } from '../../../worker/batch/job-cache.js';
import { MemoryStore } from '../support/memory-store.js';

const at = '2026-01-01T00:00:00.000Z';
const failed = withEnd(NO_ENDS, { state: 'failed', reason: 'no', at });
const before = { batches: { done: 0, failed: 0 }, items: { ok: 0, failed: 0 } };
const resumed = withResume(failed, { at, by: 'me', options: {}, before });

it('a job that was resumed loses no message although the clock of the worker was set back', async () => {
  const store = new MemoryStore();
  let nowMs = 1_000_000;
  const clock = { nowMs: () => nowMs, sleep: async () => undefined };
  const jobs = new JobCache(store, clock, new AbortController().signal);
  store.set(endsKey('job'), encodeEnds(failed));
  expect(await jobs.end('job')).toBe('failed');
  store.set(endsKey('job'), encodeEnds(resumed));
  nowMs -= 600_000;
  expect((await jobs.standing('job', nowMs)).end).toBeUndefined();
});
