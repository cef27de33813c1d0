/** The queue against a simple model, over random interleavings and a clock that the test moves. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SqsError } from '../../../local/sqs/errors.js';
import type { Delivery } from '../../../local/sqs/message.js';
import type { Queue } from '../../../local/sqs/queue.js';
import { SqsStore } from '../../../local/sqs/store.js';
import { FakeClock } from '../support/fake-clock.js';
import { newMessage } from '../support/sqs.js';

interface ModelMessage {
  dueMs: number;
  receipt: number;
  receiveCount: number;
  deleted: boolean;
}

const seconds = fc.integer({ min: 0, max: 40 });
const pick = fc.nat({ max: 1000 });
const operation = fc.oneof(
  fc.record({ kind: fc.constant('send' as const), count: fc.integer({ min: 1, max: 3 }), delay: seconds }),
  fc.record({ kind: fc.constant('receive' as const), max: fc.integer({ min: 1, max: 4 }), visibility: seconds }),
  fc.record({ kind: fc.constant('poll' as const), max: fc.integer({ min: 1, max: 4 }), visibility: seconds }),
  fc.record({ kind: fc.constant('leave' as const), pick }),
  fc.record({ kind: fc.constant('delete' as const), pick }),
  fc.record({ kind: fc.constant('change' as const), pick, to: seconds }),
  fc.record({ kind: fc.constant('lose' as const), pick }),
  fc.record({ kind: fc.constant('pass' as const), time: seconds }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

class Run {
  readonly clock = new FakeClock(0);
  readonly store = new SqsStore({ clock: this.clock });
  readonly queue: Queue = this.store.createQueue('work', new Map(), new Map());
  readonly model = new Map<string, ModelMessage>();
  readonly deliveries: Delivery[] = [];
  readonly polls: AbortController[] = [];
  /** What polls brought since the last step. */
  #brought: Delivery[] = [];

  async step(action: Operation): Promise<void> {
    const fromMs = this.clock.nowMs();
    await this.#act(action);
    await new Promise(setImmediate);
    const brought = this.#brought;
    this.#brought = [];
    this.#received(brought, fromMs);
    this.#check();
  }

  async #act(action: Operation): Promise<void> {
    const delivery = 'pick' in action ? this.deliveries[action.pick % Math.max(1, this.deliveries.length)] : undefined;
    switch (action.kind) {
      case 'send': {
        const wanted = Array.from({ length: action.count }, () => newMessage('', action.delay * 1000));
        const dueMs = this.clock.nowMs() + action.delay * 1000;
        for (const id of this.queue.send(wanted)) {
          this.model.set(id, { dueMs, receipt: 0, receiveCount: 0, deleted: false });
        }
        return;
      }
      case 'receive': {
        const visible = this.#counts().visible;
        const request = { max: action.max, waitMs: 0, visibilityMs: action.visibility * 1000 };
        const taken = await this.queue.receive(request, new AbortController().signal);
        expect(taken.length).toBe(Math.min(visible, action.max));
        return this.#received(taken);
      }
      case 'poll': {
        const leave = new AbortController();
        this.polls.push(leave);
        const request = { max: action.max, waitMs: 20_000, visibilityMs: action.visibility * 1000 };
        void this.queue.receive(request, leave.signal).then((taken) => this.#brought.push(...taken));
        return;
      }
      case 'leave':
        return this.polls[action.pick % Math.max(1, this.polls.length)]?.abort();
      case 'pass':
        return this.clock.advanceSeconds(action.time);
      case 'delete':
        return delivery === undefined ? undefined : this.#delete(delivery);
      case 'change':
        return delivery === undefined ? undefined : this.#change(delivery, action.to);
      case 'lose':
        return delivery === undefined ? undefined : this.#lose(delivery);
    }
  }

  #delete(delivery: Delivery): void {
    const message = this.#of(delivery);
    if (message.receipt === delivery.receipt) message.deleted = true;
    this.queue.delete(this.queue.handleOf(delivery));
  }

  #change(delivery: Delivery, to: number): void {
    const message = this.#of(delivery);
    const nowMs = this.clock.nowMs();
    let expected = 'done';
    if (message.deleted || message.receipt !== delivery.receipt) expected = 'InvalidParameterValue';
    else if (message.dueMs <= nowMs) expected = 'MessageNotInflight';
    else message.dueMs = nowMs + to * 1000;
    let result = 'done';
    try {
      this.queue.changeVisibility(this.queue.handleOf(delivery), to);
    } catch (error) {
      result = (error as SqsError).name;
    }
    expect(result).toBe(expected);
  }

  /** The response with this delivery did not reach its client. Once per delivery. */
  #lose(delivery: Delivery): void {
    this.deliveries.splice(this.deliveries.indexOf(delivery), 1);
    const message = this.#of(delivery);
    if (!message.deleted && message.receipt === delivery.receipt) {
      message.receiveCount -= 1;
      message.dueMs = Math.min(message.dueMs, this.clock.nowMs());
    }
    this.queue.takeBack([delivery]);
  }

  #received(taken: readonly Delivery[], pollsSinceMs?: number): void {
    const again = new Set<ModelMessage>();
    for (const delivery of taken) {
      const message = this.#of(delivery);
      const { receivedMs, dueMs, receiveCount, receipt } = delivery.message;
      message.receiveCount += 1;
      message.receipt = delivery.receipt;
      this.deliveries.push(delivery);
      expect(message.deleted).toBe(false);
      // Received once more within this step (its visibility timeout was over at once): what is seen is of the newest.
      const onlyOne = delivery.receipt === receipt && !again.has(message);
      again.add(message);
      if (onlyOne) {
        expect(message.dueMs).toBeLessThanOrEqual(receivedMs);
        // A poll waits for nothing that is there: what came after the step began became visible at that very moment.
        if (pollsSinceMs !== undefined && receivedMs > pollsSinceMs) expect(message.dueMs).toBe(receivedMs);
      }
      if (delivery.receipt === receipt) {
        expect(receiveCount).toBe(message.receiveCount);
        message.dueMs = dueMs;
      }
    }
  }

  #of(delivery: Delivery): ModelMessage {
    return this.model.get(this.queue.idOf(delivery.message)) as ModelMessage;
  }

  #counts(): { visible: number; inFlight: number; delayed: number } {
    const nowMs = this.clock.nowMs();
    const there = [...this.model.values()].filter((message) => !message.deleted);
    const hidden = there.filter((message) => message.dueMs > nowMs);
    const delayed = hidden.filter((message) => message.receipt === 0).length;
    return { visible: there.length - hidden.length, inFlight: hidden.length - delayed, delayed };
  }

  #check(): void {
    const counts = this.queue.counts();
    expect(counts).toEqual(this.#counts());
    if (counts.visible > 0) expect(this.queue.waiting).toBe(0);
    expect(this.clock.armed).toBe(this.queue.waiting > 0 ? 1 : 0);
  }
}

test('counts, receive counts, handles and polls agree with a simple model at every step', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 60 }), async (operations) => {
      const run = new Run();
      for (const action of operations) await run.step(action);
      run.store.close();
      expect(run.clock.armed).toBe(0);
    }),
    { numRuns: 1000 },
  );
});
