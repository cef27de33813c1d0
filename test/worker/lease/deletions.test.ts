import { describe, expect, it } from 'vitest';
import { Deletions } from '../../../worker/lease/deletions.js';
import { FakeClock, settle } from '../support/fake-clock.js';
import { FakeQueue } from '../support/fake-queue.js';

const { signal } = new AbortController();

function world() {
  const clock = new FakeClock();
  const queue = new FakeQueue(clock);
  return { clock, queue, deletions: new Deletions(queue, clock) };
}

describe('deletions', () => {
  it('are sent ten at a time, and the rest after a moment', async () => {
    const { clock, deletions, queue } = world();
    const done = Array.from({ length: 13 }, (_, n) => deletions.add(`h${n}`, signal));
    await settle();
    expect(queue.deletions).toEqual([10]);
    await clock.advance(1_000);
    expect(queue.deletions).toEqual([10, 3]);
    expect(await Promise.all(done)).toEqual(Array.from({ length: 13 }, () => 'ok'));
  });

  it('are sent at once when they are flushed, and always once the worker ends', async () => {
    const { deletions, queue } = world();
    const first = deletions.add('a', signal);
    deletions.flush(signal);
    await first;
    const second = deletions.add('b', signal);
    deletions.flushAlways(signal);
    await Promise.all([second, deletions.add('c', signal)]);
    expect(queue.deletions).toEqual([1, 1, 1]);
  });

  it('are retried one by one, and then left to the next receiver', async () => {
    const { clock, deletions, queue } = world();
    queue.refuse = (_, handle) => (handle === 'bad' ? 'failed' : undefined);
    const done = Promise.all([deletions.add('good', signal), deletions.add('bad', signal)]);
    await clock.advance(5_000);
    expect(queue.deletions).toEqual([2, 1, 1]);
    expect(await done).toEqual(['ok', 'failed']);
  });

  it('survive a call that throws', async () => {
    const { clock, deletions, queue } = world();
    let calls = 0;
    const deleteMessages = queue.delete.bind(queue);
    queue.delete = async (handles, ended) => {
      if (calls++ === 0) throw new Error('no network');
      return deleteMessages(handles, ended);
    };
    const done = deletions.add('a', signal);
    await clock.advance(5_000);
    expect(await done).toBe('ok');
  });
});
