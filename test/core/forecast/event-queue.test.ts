import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventQueue } from '../../../core/forecast/event-queue.js';

const steps = fc.array(fc.oneof(fc.nat(20), fc.constant('take' as const)), { maxLength: 600 });

it('the queue gives events in the order of their times, and those of one time in the order in which they were added', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const queue = new EventQueue();
      const model: { readonly atMs: number; readonly subject: number }[] = [];
      script.forEach((step, subject) => {
        if (step !== 'take') {
          queue.add(step, subject % 7, subject);
          model.push({ atMs: step, subject });
          return;
        }
        const earliest = model.reduce<number>(
          (best, { atMs }, n) => (best < 0 || atMs < (model[best]?.atMs ?? 0) ? n : best),
          -1,
        );
        expect(queue.take()).toBe(earliest >= 0);
        if (earliest < 0) return;
        const [event] = model.splice(earliest, 1);
        expect({ atMs: queue.atMs, subject: queue.subject, kind: queue.kind }).toEqual({
          ...event,
          kind: (event?.subject ?? 0) % 7,
        });
      });
      expect(queue.size).toBe(model.length);
    }),
  );
});

it('the queue grows with its events', () => {
  const queue = new EventQueue();
  for (let n = 0; n < 5_000; n += 1) queue.add(5_000 - n, 0, n);
  for (let n = 4_999; n >= 0; n -= 1) {
    expect(queue.take()).toBe(true);
    expect(queue.subject).toBe(n);
  }
  expect(queue.take()).toBe(false);
});
