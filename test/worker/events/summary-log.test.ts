import { beforeEach, describe, expect, it } from 'vitest';
import type { NewWorkerEvent } from '../../../core/contract/events.js';
import { summaryKey } from '../../../core/contract/keys.js';
import { ObjectRefused } from '../../../core/contract/object-store.js';
import { decodeWorkerSummary, type WorkerSummary } from '../../../core/contract/worker-summary.js';
import { EventLog } from '../../../worker/events/event-log.js';
import { FakeClock } from '../support/fake-clock.js';
import { MemoryStore } from '../support/memory-store.js';

let clock: FakeClock;
let store: MemoryStore;
let printed: string[];

const newLog = (): EventLog => new EventLog({ instance: 'i-1', store, clock, writeLine: (line) => printed.push(line) });
const committed = (batch: number, job = 'a'): NewWorkerEvent => ({
  code: 'batch-committed',
  job,
  batch,
  lease: `i-1-${batch}`,
  ok: 5,
  failed: 0,
  resumed: 0,
  computeMs: 100,
  heldMs: 120,
  message: '',
});
const ended: NewWorkerEvent = { code: 'worker-ended', reason: 'ticket', held: 0, message: '' };
const { signal } = new AbortController();
const summary = (job = 'a'): WorkerSummary | undefined =>
  decodeWorkerSummary(store.text(summaryKey(job, 'i-1')) ?? '', { job, instance: 'i-1' });
const puts = (job = 'a'): number => store.writes.filter((key) => key === summaryKey(job, 'i-1')).length;

beforeEach(() => {
  clock = new FakeClock();
  store = new MemoryStore();
  printed = [];
});

describe('the log of events', () => {
  it('puts the summary of a job again at most each ten seconds while the job goes on', async () => {
    const stop = new AbortController();
    const log = newLog();
    const running = log.run(stop.signal);
    for (let second = 0; second < 40; second++) {
      log.emit(committed(second));
      await clock.advance(1_000);
    }
    expect(puts()).toBeGreaterThanOrEqual(4);
    expect(puts()).toBeLessThanOrEqual(5);
    stop.abort();
    await running;
  });

  it('puts the summaries of all jobs at once when the worker ends, and with a notice', async () => {
    const log = newLog();
    log.emit(committed(0, 'a'));
    log.emit(committed(0, 'b'));
    await log.flush(signal);
    log.emit(committed(1, 'a'));
    await log.flush(signal);
    expect(summary('a')?.batches).toBe(1);
    log.emit({ code: 'notice', kind: 'interruption', message: '' });
    await log.flush(signal);
    expect(summary('a')).toMatchObject({ batches: 2, noticeAtMs: clock.nowMs() });
    log.emit(ended);
    await log.flush(signal);
    expect([summary('a')?.ended?.reason, summary('b')?.ended?.reason]).toEqual(['ticket', 'ticket']);
  });

  it('continues the summary of an earlier process of the worker', async () => {
    const first = newLog();
    for (const batch of [0, 1, 2]) first.emit(committed(batch));
    await first.flush(signal);
    const second = newLog();
    second.emit(committed(3));
    await second.flush(signal);
    expect(summary()).toMatchObject({ batches: 4, ok: 20 });
  });

  it('begins anew when the earlier summary is nonsense', async () => {
    store.set(summaryKey('a', 'i-1'), '{"version":1,"job":"a","instance":"i-1","batches":-4}');
    const log = newLog();
    log.emit(committed(3));
    await log.flush(signal);
    expect(summary()).toMatchObject({ batches: 1, ok: 5 });
  });

  it('reports a put that failed, and puts the whole summary with the next one', async () => {
    const log = newLog();
    store.fail = (call, key) => (call === 'put' && key.includes('/summaries/') ? new Error('503') : undefined);
    log.emit(committed(0));
    await log.flush(signal);
    expect(store.objects.has(summaryKey('a', 'i-1'))).toBe(false);
    expect(printed.some((line) => line.includes('Could not write the summary of events (503)'))).toBe(true);
    store.fail = () => undefined;
    log.emit(committed(1));
    log.emit(ended);
    await log.flush(signal);
    expect(summary()).toMatchObject({ batches: 2, ended: { reason: 'ticket' } });
  });

  it('writes no summary on an older stack that permits none, reports it once, and writes the events', async () => {
    const log = newLog();
    store.fail = (call, key) => (call === 'put' && key.includes('/summaries/') ? new ObjectRefused('403') : undefined);
    for (let batch = 0; batch < 5; batch++) {
      log.emit(committed(batch));
      log.emit({ code: 'attempt', job: 'a', attempts: 1, maxAttempts: 3, message: '' });
      await log.flush(signal);
    }
    expect(printed.filter((line) => line.includes('Could not write the summary'))).toHaveLength(1);
    expect(store.calls.filter(({ call, key }) => call === 'put' && key.includes('/summaries/'))).toHaveLength(1);
    expect(store.keys('jobs/a/events/')).toHaveLength(5);
  });

  it('keeps the summaries of many jobs, one after the other, in bounded memory', async () => {
    const log = newLog();
    for (let job = 0; job < 100; job++) {
      log.emit(committed(0, `job-${job}`));
      await log.flush(signal);
    }
    // The first job is forgotten by now. It is continued from the bucket.
    log.emit(committed(1, 'job-0'));
    await log.flush(signal);
    expect(summary('job-0')?.batches).toBe(2);
    expect(summary('job-99')?.batches).toBe(1);
  });
});
