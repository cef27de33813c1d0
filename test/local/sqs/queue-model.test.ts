/**
 * Compares a queue and its dead-letter queue with a simple model, over random interleavings and a clock that the
 * test moves.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SqsError } from '../../../local/sqs/errors.js';
import type { Counts, Delivery, Message } from '../../../local/sqs/message.js';
import type { Queue } from '../../../local/sqs/queue.js';
import { SqsStore } from '../../../local/sqs/store.js';
import { FakeClock } from '../support/fake-clock.js';
import { newMessage } from '../support/sqs.js';

const MAX_RECEIVES = 3;
const RETENTION_MS = 100_000;
const PURGE_INTERVAL_MS = 60_000;

type Name = 'work' | 'dead';

interface ModelMessage {
  readonly sentMs: number;
  in: Name;
  dueMs: number;
  receipt: number;
  /** The newest receive whose handle was used, so that its client has the message. */
  held: number;
  receives: Record<Name, number>;
  deleted: boolean;
}

interface Given {
  readonly from: Name;
  readonly delivery: Delivery;
}

const seconds = fc.integer({ min: 0, max: 40 });
const pick = fc.nat({ max: 1000 });
const max = fc.integer({ min: 1, max: 4 });
const from = fc.constantFrom<Name>('work', 'work', 'dead');
const operation = fc.oneof(
  fc.record({ kind: fc.constant('send' as const), count: fc.integer({ min: 1, max: 3 }), delay: seconds }),
  fc.record({ kind: fc.constant('receive' as const), max, visibility: seconds, from }),
  fc.record({ kind: fc.constant('receive' as const), max, visibility: fc.constant(0), from }),
  fc.record({ kind: fc.constant('poll' as const), max, visibility: seconds, from }),
  fc.record({ kind: fc.constant('leave' as const), pick }),
  fc.record({ kind: fc.constant('delete' as const), pick }),
  fc.record({ kind: fc.constant('change' as const), pick, to: seconds }),
  fc.record({ kind: fc.constant('lose' as const), pick }),
  fc.record({ kind: fc.constant('pass' as const), time: seconds }),
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('purge' as const) }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** This replaces `expect(…).toBe(…)`, which is too slow for the number of checks in a run. */
function agree(actual: unknown, expected: unknown, what: string): void {
  if (!Object.is(actual, expected)) throw new Error(`${what}: ${String(actual)}, not ${String(expected)}`);
}

class Run {
  readonly clock = new FakeClock(0);
  readonly store = new SqsStore({ clock: this.clock });
  readonly #queues: Readonly<Record<Name, Queue>>;
  readonly #model = new Map<string, ModelMessage>();
  readonly #given: Given[] = [];
  readonly #polls: AbortController[] = [];
  #purgedMs = -Infinity;
  /** The deliveries and moves since the last step. */
  readonly #brought: Given[] = [];
  readonly #moved: ModelMessage[] = [];
  /** The number of deliveries to polls whose client was gone. */
  #wasted = 0;

  constructor() {
    const retention: [string, string] = ['MessageRetentionPeriod', String(RETENTION_MS / 1000)];
    const dead = this.store.createQueue('dead', new Map([retention]), new Map());
    const redrive = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: MAX_RECEIVES });
    const work = this.store.createQueue('work', new Map([retention, ['RedrivePolicy', redrive]]), new Map());
    this.#queues = { work, dead };
    const adopt = dead.adopt.bind(dead);
    dead.adopt = (message: Message, sourceArn: string) => {
      this.#moved.push(this.#of(message));
      adopt(message, sourceArn);
    };
  }

  async step(action: Operation): Promise<void> {
    const startMs = this.clock.nowMs();
    await this.#act(action);
    await new Promise(setImmediate);
    this.#received(this.#brought.splice(0), startMs);
    for (const message of this.#moved.splice(0)) {
      expect(message).toMatchObject({ in: 'work', deleted: false, receives: { work: MAX_RECEIVES } });
      message.in = 'dead';
    }
    this.#check();
  }

  async #act(action: Operation): Promise<void> {
    const given = 'pick' in action ? this.#given[action.pick % Math.max(1, this.#given.length)] : undefined;
    switch (action.kind) {
      case 'send':
        return this.#send(action.count, action.delay * 1000);
      case 'receive':
        return this.#receive(action.from, action.max, action.visibility * 1000);
      case 'poll': {
        const leave = new AbortController();
        this.#polls.push(leave);
        const request = { max: action.max, waitMs: 20_000, visibilityMs: action.visibility * 1000 };
        void this.#queues[action.from].receive(request, leave.signal).then((taken) => {
          this.#brought.push(...taken.map((delivery) => ({ from: action.from, delivery })));
          if (leave.signal.aborted) this.#wasted += taken.length;
        });
        return;
      }
      case 'leave':
        return this.#polls[action.pick % Math.max(1, this.#polls.length)]?.abort();
      case 'pass':
        return this.clock.advanceSeconds(action.time);
      case 'delete':
        return given && this.#delete(given);
      case 'change':
        return given && this.#change(given, action.to);
      case 'lose':
        return given && this.#lose(given);
      case 'purge':
        return this.#purge();
    }
  }

  #send(count: number, delayMs: number): void {
    const sentMs = this.clock.nowMs();
    const wanted = Array.from({ length: count }, () => newMessage('', delayMs));
    for (const id of this.#queues.work.send(wanted)) {
      const receives = { work: 0, dead: 0 };
      this.#model.set(id, {
        sentMs,
        in: 'work',
        dueMs: sentMs + delayMs,
        receipt: 0,
        held: 0,
        receives,
        deleted: false,
      });
    }
  }

  async #receive(name: Name, most: number, visibilityMs: number): Promise<void> {
    const open = this.#visible(name).filter(({ receives }) => name === 'dead' || receives.work < MAX_RECEIVES);
    const request = { max: most, waitMs: 0, visibilityMs };
    const taken = await this.#queues[name].receive(request, new AbortController().signal);
    agree(taken.length, Math.min(open.length, most), 'messages received');
    // A poll that wanted more messages than there are has met every message that had to move.
    const left = this.#visible(name).filter((message) => !this.#moved.includes(message));
    if (taken.length < most && name === 'work') agree(left.length, taken.length, 'messages that did not move');
    this.#received(taken.map((delivery) => ({ from: name, delivery })));
  }

  #delete({ from: name, delivery }: Given): void {
    const message = this.#of(delivery.message);
    if (message.in === name && message.receipt === delivery.receipt) message.deleted = true;
    this.#queues[name].delete(this.#queues[name].handleOf(delivery));
  }

  #change({ from: name, delivery }: Given, to: number): void {
    const message = this.#of(delivery.message);
    const nowMs = this.clock.nowMs();
    let expected = 'done';
    const isNewest = message.in === name && message.receipt === delivery.receipt;
    if (!this.#isThere(message) || !isNewest) expected = 'InvalidParameterValue';
    else if (message.dueMs <= nowMs) expected = 'MessageNotInflight';
    else {
      message.dueMs = nowMs + to * 1000;
      message.held = delivery.receipt;
    }
    let result = 'done';
    try {
      this.#queues[name].changeVisibility(this.#queues[name].handleOf(delivery), to);
    } catch (error) {
      result = (error as SqsError).name;
    }
    agree(result, expected, 'a change of visibility');
  }

  /** Behaves as if the response with this delivery did not reach its client; called once per delivery. */
  #lose(given: Given): void {
    const { from: name, delivery } = given;
    this.#given.splice(this.#given.indexOf(given), 1);
    const message = this.#of(delivery.message);
    if (message.in === name && message.receipt === delivery.receipt && message.held !== delivery.receipt) {
      message.receives[name] -= 1;
      message.dueMs = Math.min(message.dueMs, this.clock.nowMs());
    }
    this.#queues[name].takeBack([delivery]);
  }

  #purge(): void {
    const nowMs = this.clock.nowMs();
    const isSoon = nowMs < this.#purgedMs + PURGE_INTERVAL_MS;
    if (isSoon) {
      expect(() => this.#queues.work.purge()).toThrow('Only one PurgeQueue operation');
      return;
    }
    this.#queues.work.purge();
    this.#purgedMs = nowMs;
    for (const message of this.#model.values()) if (message.in === 'work') message.deleted = true;
  }

  #received(taken: readonly Given[], pollsSinceMs?: number): void {
    const again = new Set<ModelMessage>();
    for (const given of taken) {
      const { delivery, from: name } = given;
      const message = this.#of(delivery.message);
      const { receivedMs, dueMs, receiveCount, receipt } = delivery.message;
      message.receives[name] += 1;
      message.receipt = Math.max(message.receipt, delivery.receipt);
      this.#given.push(given);
      agree(message.deleted, false, 'deleted');
      agree(message.sentMs + RETENTION_MS > receivedMs, true, 'young enough');
      agree(message.receives.work <= MAX_RECEIVES, true, 'received no more often than the policy allows');
      agree(name === 'work' || message.in === 'dead' || this.#moved.includes(message), true, 'where it is');
      // The message was received again within this step (its visibility timeout was zero), so only the newest
      // receive is visible.
      if (delivery.receipt === receipt && !again.has(message)) {
        agree(message.dueMs <= receivedMs, true, 'due');
        // A poll never waits while there is a message for it, so a message that came after the step began became
        // visible at that very moment.
        if (pollsSinceMs !== undefined && receivedMs > pollsSinceMs) agree(message.dueMs, receivedMs, 'the moment');
        agree(receiveCount, message.receives.work + message.receives.dead, 'receive count');
      }
      again.add(message);
      if (delivery.receipt === receipt) message.dueMs = dueMs;
    }
  }

  #of(message: Message): ModelMessage {
    return this.#model.get(this.#queues.work.idOf(message)) as ModelMessage;
  }

  #isThere({ deleted, sentMs }: ModelMessage): boolean {
    return !deleted && this.clock.nowMs() < sentMs + RETENTION_MS;
  }

  #visible(name: Name): readonly ModelMessage[] {
    const there = [...this.#model.values()].filter((message) => message.in === name && this.#isThere(message));
    return there.filter(({ dueMs }) => dueMs <= this.clock.nowMs());
  }

  #counts(name: Name): Counts {
    const nowMs = this.clock.nowMs();
    const there = [...this.#model.values()].filter((message) => message.in === name && this.#isThere(message));
    const hidden = there.filter((message) => message.dueMs > nowMs);
    const delayed = hidden.filter((message) => message.receipt === 0).length;
    return { visible: there.length - hidden.length, inFlight: hidden.length - delayed, delayed };
  }

  #check(): void {
    agree(this.#wasted, 0, 'messages given to polls that were left');
    let waited = 0;
    for (const name of ['work', 'dead'] as const) {
      const queue = this.#queues[name];
      const counts = queue.counts();
      const expected = this.#counts(name);
      for (const kind of ['visible', 'inFlight', 'delayed'] as const)
        agree(counts[kind], expected[kind], `${name} ${kind}`);
      if (counts.visible > 0) agree(queue.waiting, 0, `polls that wait on ${name}`);
      if (queue.waiting > 0) waited += 1;
    }
    agree(this.clock.armed, waited, 'timers');
  }
}

test('counts, receive counts, handles, polls and redrives agree with a simple model at every step', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 40, size: 'max' }), async (operations) => {
      const run = new Run();
      for (const action of operations) await run.step(action);
      run.store.close();
      expect(run.clock.armed).toBe(0);
    }),
    { numRuns: 2000 },
  );
});
