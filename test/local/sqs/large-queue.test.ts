import { expect, test } from 'vitest';
import { SqsStore } from '../../../local/sqs/store.js';
import { FakeClock } from '../support/fake-clock.js';
import { newMessage } from '../support/sqs.js';

test('100,000 messages are sent, received, expired, received again and deleted, each once, with right counts', async () => {
  const total = 100_000;
  const clock = new FakeClock();
  const store = new SqsStore({ clock, maxInFlight: total });
  const queue = store.createQueue('work', new Map(), new Map());
  const signal = new AbortController().signal;
  for (let i = 0; i < total; i += 10) {
    queue.send(Array.from({ length: 10 }, (_, j) => newMessage(String(i + j), j === 9 ? 1000 : 0)));
  }
  expect(queue.counts()).toEqual({ visible: 0.9 * total, inFlight: 0, delayed: 0.1 * total });
  clock.advanceSeconds(1);
  const request = { max: 10, waitMs: 0, visibilityMs: 30_000 };
  for (let taken = 0; taken < total; taken += 10) await queue.receive(request, signal);
  expect(queue.counts()).toEqual({ visible: 0, inFlight: total, delayed: 0 });
  clock.advanceSeconds(30);
  expect(queue.counts()).toEqual({ visible: total, inFlight: 0, delayed: 0 });
  const seen = new Set<string>();
  for (;;) {
    const deliveries = await queue.receive(request, signal);
    if (deliveries.length === 0) break;
    for (const delivery of deliveries) {
      if (delivery.message.receiveCount === 2) seen.add(delivery.message.content.body);
      queue.delete(queue.handleOf(delivery));
    }
  }
  expect(seen.size).toBe(total);
  expect(queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  store.close();
});
