import { describe, expect, it } from 'vitest';
import { EventQueue, MOST_WAITING } from '../../../runner/api/event-queue.js';

interface Event {
  readonly event: string;
  readonly n: number;
}

const queue = (): EventQueue<Event> => new EventQueue((n) => ({ event: 'lost', n }));

async function all(events: AsyncIterable<Event>): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { event, n } of events) found.push(`${event} ${n}`);
  return found;
}

describe('the queue of events', () => {
  it('keeps the order, and only the newest progress of several that wait', async () => {
    const events = queue();
    for (const [n, event] of ['progress', 'progress', 'happened', 'progress'].entries()) events.push({ event, n });
    events.end();
    expect(await all(events.events())).toEqual(['progress 1', 'happened 2', 'progress 3']);
  });

  it('gives events to a consumer that waits, and an error behind the events', async () => {
    const events = queue();
    const reading = events.events();
    const first = reading.next();
    events.push({ event: 'happened', n: 1 });
    expect(await first).toMatchObject({ value: { n: 1 } });
    events.push({ event: 'happened', n: 2 });
    events.end({ error: new Error('over') });
    expect(await reading.next()).toMatchObject({ value: { n: 2 } });
    await expect(reading.next()).rejects.toThrow('over');
  });

  it('is bounded, and says how many events found no room', async () => {
    const events = queue();
    for (let n = 0; n < MOST_WAITING + 3; n++) events.push({ event: 'happened', n });
    events.end();
    const found = await all(events.events());
    expect(found).toHaveLength(MOST_WAITING + 1);
    expect(found.at(-1)).toBe('lost 3');
  });
});
