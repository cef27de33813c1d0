import { beforeEach, describe, expect, it } from 'vitest';
import type { WorkerEvent } from '../../../core/contract/events.js';
import { jobEventsKey } from '../../../core/contract/keys.js';
import { EventLog } from '../../../runner/follow/event-log.js';
import { MemoryStore } from '../../support/memory-store.js';
import { FakeClock } from '../../worker/support/fake-clock.js';

const CALL_MS = 20;
const START_MS = Date.parse('2026-01-01T00:00:00Z');
const { signal } = new AbortController();

/** A store whose calls take virtual time. It counts those that are under way together. */
class SlowStore extends MemoryStore {
  underWay = 0;
  mostUnderWay = 0;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    super();
    this.#clock = clock;
    this.beforeRead = () => this.#takeTime();
  }

  override async *list(...call: Parameters<MemoryStore['list']>): ReturnType<MemoryStore['list']> {
    await this.#takeTime();
    yield* super.list(...call);
  }

  async #takeTime(): Promise<void> {
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    await this.#clock.sleep(CALL_MS, new AbortController().signal);
    this.underWay -= 1;
  }
}

const event = (instance: string, atMs: number, message = 'line'): WorkerEvent => ({
  at: new Date(START_MS + atMs).toISOString(),
  instance,
  job: 'j',
  code: 'model-log',
  stream: 'model',
  message,
});

async function put(store: MemoryStore, sequence: number, one: WorkerEvent): Promise<void> {
  await store.put(jobEventsKey('j', one.instance, sequence), `${JSON.stringify(one)}\n`, { signal });
}

async function readAll(log: EventLog): Promise<{ readonly events: WorkerEvent[]; readonly error?: unknown }> {
  const events: WorkerEvent[] = [];
  try {
    for await (const one of log.newEvents([], signal)) events.push(one);
    return { events };
  } catch (error) {
    return { events, error };
  }
}

let clock: FakeClock;

beforeEach(() => {
  clock = new FakeClock();
});

describe('the log of events', () => {
  it.each([
    ['100 instances with ten files each', 100, 10, 1_800],
    ['one instance with 1,000 files', 1, 1_000, 1_500],
  ])('reads %s sixteen at a time, in the order of time', async (_, instances, files, withinMs) => {
    const store = new SlowStore(clock);
    for (let file = 0; file < files; file += 1) {
      for (let n = 0; n < instances; n += 1) await put(store, file, event(`i-${n}`, file * 1_000 + n));
    }
    let tookMs = Number.POSITIVE_INFINITY;
    const reading = readAll(new EventLog(store, 'j')).then((found) => {
      tookMs = clock.nowMs() - START_MS;
      return found.events.map(({ at }) => at);
    });
    await clock.advance(2_000);
    expect(tookMs).toBeLessThan(withinMs);
    expect(store.mostUnderWay).toBe(16);
    const times = await reading;
    expect(times).toHaveLength(1_000);
    expect(times).toEqual([...times].sort());
  });

  it('yields the other instances’ events when one cannot be read, and continues that one later without a gap', async () => {
    const store = new MemoryStore();
    for (const instance of ['i-1', 'i-2']) {
      for (const file of [0, 1, 2]) await put(store, file, event(instance, file, `${instance} ${file}`));
    }
    let isDown = true;
    store.beforeRead = (key) => {
      if (isDown && key === jobEventsKey('j', 'i-1', 1)) throw new Error('503');
    };
    const log = new EventLog(store, 'j');
    const first = await readAll(log);
    expect(first.error).toEqual(new Error('503'));
    expect(first.events.map(({ message }) => message).sort()).toEqual(['i-1 0', 'i-2 0', 'i-2 1', 'i-2 2']);
    isDown = false;
    expect((await readAll(log)).events.map(({ message }) => message)).toEqual(['i-1 1', 'i-1 2']);
    expect(await readAll(log)).toEqual({ events: [] });
  });
});
