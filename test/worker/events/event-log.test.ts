import { beforeEach, describe, expect, it } from 'vitest';
import type { NewWorkerEvent, WorkerEvent } from '../../../core/contract/events.js';
import { encodeFleetState } from '../../../core/contract/fleet-state.js';
import { fleetStateKey, instanceEventsKey, jobEventsKey } from '../../../core/contract/keys.js';
import { SHORT_LIVED_TAG } from '../../../core/contract/tags.js';
import { EventLog } from '../../../worker/events/event-log.js';
import { FakeClock } from '../support/fake-clock.js';
import { MemoryStore } from '../support/memory-store.js';

const AT = '2026-01-01T00:00:00.000Z';
const { signal } = new AbortController();
let clock: FakeClock;
let store: MemoryStore;
let printed: string[];
let log: EventLog;

const newLog = (): EventLog => new EventLog({ instance: 'i', store, clock, writeLine: (line) => printed.push(line) });
const said = (message: string, job = 'j'): NewWorkerEvent => ({ code: 'model-log', stream: 'model', job, message });
const events = (key: string): WorkerEvent[] =>
  store
    .text(key)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as WorkerEvent);
const messages = (key: string): string[] => events(key).map((event) => event.message);

beforeEach(() => {
  clock = new FakeClock();
  store = new MemoryStore();
  printed = [];
  log = newLog();
});

describe('EventLog', () => {
  it('prints each event at once, and stores a job’s events apart from the instance’s', async () => {
    log.emit(said('hello'));
    log.emit({ code: 'message-discarded', message: 'rubbish' });
    expect(printed.map((line) => (JSON.parse(line) as WorkerEvent).message)).toEqual(['hello', 'rubbish']);
    await log.flush(signal);
    expect(events(jobEventsKey('j', 'i', 0))).toEqual([
      { at: '2026-01-01T00:00:00.000Z', instance: 'i', ...said('hello') },
    ]);
    expect(messages(instanceEventsKey('i', 0))).toEqual(['rubbish']);
  });

  it('tags a job’s events, which no prefix of the lifecycle covers, and no others, which no permission allows', async () => {
    log.emit(said('hello'));
    log.emit({ code: 'message-discarded', message: 'rubbish' });
    await log.flush(signal);
    expect(store.objects.get(jobEventsKey('j', 'i', 0))?.tag).toEqual(SHORT_LIVED_TAG);
    expect(store.objects.get(instanceEventsKey('i', 0))).not.toHaveProperty('tag');
  });

  it('writes about once a second, and only when there are events', async () => {
    const stop = new AbortController();
    const running = log.run(stop.signal);
    log.emit(said('a'));
    await clock.advance(1_000);
    await clock.advance(5_000);
    log.emit(said('b'));
    await clock.advance(1_000);
    expect(store.keys('jobs/')).toEqual([jobEventsKey('j', 'i', 0), jobEventsKey('j', 'i', 1)]);
    stop.abort();
    await running;
  });

  it.each([
    [10, 1_000],
    [11, 10_000],
    [100, 10_000],
    [101, 30_000],
  ])('writes in a pool of %i instances every %i ms once the first minute is over', async (target, everyMs) => {
    store.set(fleetStateKey, encodeFleetState({ version: 1, generation: 1, target, grants: 0, jobs: [], at: AT }));
    const stop = new AbortController();
    const running = log.run(stop.signal);
    await clock.advance(61_000 + everyMs);
    const writes: number[] = [];
    let known = store.keys('jobs/').length;
    for (let second = 0; second < 90; second += 1) {
      log.emit(said('line'));
      await clock.advance(1_000);
      const written = store.keys('jobs/').length;
      if (written > known) writes.push(second);
      known = written;
    }
    const pauses = writes.slice(1).map((second, n) => (second - (writes[n] ?? 0)) * 1_000);
    expect(new Set(pauses)).toEqual(new Set([everyMs]));
    stop.abort();
    await running;
  });

  it('writes a notice, an attempt, a loss and the end at once, though the pool is large', async () => {
    store.set(fleetStateKey, encodeFleetState({ version: 1, generation: 1, target: 500, grants: 0, jobs: [], at: AT }));
    const stop = new AbortController();
    const running = log.run(stop.signal);
    await clock.advance(95_000);
    const urgent: readonly NewWorkerEvent[] = [
      { code: 'notice', kind: 'interruption', job: 'j', message: 'notice' },
      { code: 'attempt', attempts: 1, maxAttempts: 3, job: 'j', message: 'attempt' },
      { code: 'losses-seen', losses: 1, job: 'j', message: 'loss' },
      { code: 'worker-ended', reason: 'interruption', held: 0, job: 'j', message: 'end' },
    ];
    for (const [n, event] of urgent.entries()) {
      log.emit(said('line'));
      await clock.advance(1_500);
      expect(store.keys('jobs/j/events/')).toHaveLength(n);
      log.emit(event);
      await clock.advance(0);
      expect(messages(jobEventsKey('j', 'i', n))).toEqual(['line', event.message]);
    }
    stop.abort();
    await running;
  });

  it('goes on writing while the read of the pool’s size hangs', async () => {
    let reads = 0;
    const get = store.get.bind(store);
    store.get = (key, options) => {
      if (key !== fleetStateKey) return get(key, options);
      reads += 1;
      return new Promise((_, reject) => {
        options.signal.addEventListener('abort', () => reject(options.signal.reason as Error));
      });
    };
    const stop = new AbortController();
    const running = log.run(stop.signal);
    await clock.advance(65_000);
    expect(reads).toBe(1);
    log.emit(said('meanwhile'));
    await clock.advance(1_000);
    expect(messages(jobEventsKey('j', 'i', 0))).toEqual(['meanwhile']);
    await clock.advance(10_000);
    expect(messages(instanceEventsKey('i', 0))[0]).toContain('Could not read the fleet');
    stop.abort();
    await running;
  });

  it('continues after the numbers of an earlier process', async () => {
    store.set(jobEventsKey('j', 'i', 41), 'old\n');
    log.emit(said('new'));
    await log.flush(signal);
    expect(messages(jobEventsKey('j', 'i', 42))).toEqual(['new']);
  });

  it('loses and duplicates no event through an outage of the store', async () => {
    let down = true;
    store.fail = (call) => (down && call === 'put' ? new Error('503') : undefined);
    log.emit(said('a'));
    await log.flush(signal);
    log.emit(said('b'));
    await log.flush(signal);
    down = false;
    await log.flush(signal);
    const all = store.keys('jobs/').flatMap(messages);
    expect(all).toEqual(['a', 'b']);
  });

  it('reports the same trouble again only after a while', () => {
    const trouble = { code: 'trouble', doing: 'polling', message: 'no' } as const;
    for (let n = 0; n < 5; n += 1) log.emit(trouble);
    expect(printed).toHaveLength(1);
  });

  it('bounds its memory, drops the model’s log first, and reports how much', async () => {
    log.emit({ code: 'batch-duplicate', job: 'j', items: 0, message: 'kept' });
    for (let n = 0; n < 20_001; n += 1) log.emit(said('chatter'));
    await log.flush(signal);
    expect(messages(jobEventsKey('j', 'i', 0))[0]).toBe('kept');
    expect(events(jobEventsKey('j', 'i', 0)).length).toBeLessThan(100);
    expect(messages(instanceEventsKey('i', 0))[0]).toMatch(/^Dropped 20\d\d\d events so far/);
  });

  it('cuts an endless line of a model’s log', () => {
    log.emit(said('x'.repeat(100_000)));
    expect(printed[0]?.length).toBeLessThan(10_000);
  });
});
