/**
 * SQS as one standard queue.
 *
 * Invariants:
 * - A message is visible, in flight until its time, or deleted. Whoever receives it gets a handle of this receive.
 * - Only the newest handle changes the visibility, and only while the message is in flight. An older handle may or may not delete.
 */
import type { QueueCounts } from '../../../core/pool/quiet.js';
import type { JobQueue } from '../../../runner/ports.js';
import type { LeaseCallResult, ReceivedMessage, WorkQueue } from '../../../worker/ports.js';
import type { SimulatedProcess } from '../process.js';
import type { Random } from '../random.js';
import { call } from './network.js';
import { SimulatedPoll } from './poll.js';
import type { World } from './world.js';

const ENTRIES_PER_CALL = 10;
/** A delete with the handle of an earlier receive works about as often as not. */
const OLD_HANDLE_DELETES = 0.5;
/** A message that is delivered twice is visible again so soon. */
const TWICE_AFTER_MS = 50;

export interface QueuedMessage {
  readonly id: string;
  readonly body: string;
  visibleAtMs: number;
  receives: number;
  isDeleted: boolean;
  /** Its place in the list of visible messages; -1 while it is in flight or deleted. */
  place: number;
}

export class SimulatedSqs {
  readonly messages = new Map<string, QueuedMessage>();
  readonly #visible: QueuedMessage[] = [];
  /** Polls that wait for a message, first come first served. */
  readonly waiting = new Set<SimulatedPoll>();
  readonly #history: { readonly atMs: number; readonly counts: QueueCounts }[] = [];
  #sent = 0;
  readonly #random: Random;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork('sqs');
  }

  /** Puts a message into the queue at once. */
  enqueue(body: string): QueuedMessage {
    const message = { id: `m${this.#sent++}`, body, visibleAtMs: 0, receives: 0, isDeleted: false, place: -1 };
    this.messages.set(message.id, message);
    this.#show(message);
    return message;
  }

  /** Takes a message away, as if it had been lost. */
  lose(message: QueuedMessage): void {
    message.isDeleted = true;
    this.messages.delete(message.id);
    this.#hide(message);
  }

  /** Receives up to `most` visible messages at once. */
  take(most: number, visibilityTimeoutSeconds: number): ReceivedMessage[] {
    const { clock, settings } = this.#world;
    const received: ReceivedMessage[] = [];
    while (received.length < Math.min(most, ENTRIES_PER_CALL) && this.#visible.length > 0) {
      const message = this.#random.pick(this.#visible) as QueuedMessage;
      this.#hide(message);
      message.receives += 1;
      const isTwice = this.#world.isNoisy && this.#random.chance(settings.duplicateShare);
      if (isTwice) this.#world.did('delivered-twice');
      this.#hideUntil(message, clock.nowMs + (isTwice ? TWICE_AFTER_MS : visibilityTimeoutSeconds * 1000));
      received.push({
        messageId: message.id,
        receiptHandle: `${message.id}#${message.receives}`,
        body: message.body,
        receiveCount: message.receives,
      });
    }
    return received;
  }

  get hasVisible(): boolean {
    return this.#visible.length > 0;
  }

  counts(): QueueCounts {
    const visible = this.#visible.length;
    return { visible, inFlight: this.messages.size - visible, delayed: 0 };
  }

  /** Remembers the counts for answers that lag; called once a virtual second. */
  remember(): void {
    this.#history.push({ atMs: this.#world.clock.nowMs, counts: this.counts() });
    const oldestMs = this.#world.clock.nowMs - this.#world.settings.countsLagMs;
    while ((this.#history[0]?.atMs ?? Number.POSITIVE_INFINITY) < oldestMs) this.#history.shift();
  }

  queueFor(process: SimulatedProcess): WorkQueue & JobQueue {
    const world = this.#world;
    return {
      receive: (options) => new SimulatedPoll(world, process, options).answer,
      changeVisibility: (changes, signal) =>
        inTens(changes, (some) =>
          call(world, process, {
            service: 'sqs',
            what: `change-visibility ${some[0]?.receiptHandle}`,
            signal,
            act: () => {
              const results = some.map((change) => this.#change(change.receiptHandle, change.visibilityTimeoutSeconds));
              return { value: results, told: { operation: 'sqs.change-visibility', changes: some, results } };
            },
          }).catch(() => failed(some)),
        ),
      delete: (receiptHandles, signal) =>
        inTens(receiptHandles, (some) =>
          call(world, process, {
            service: 'sqs',
            what: `delete ${some[0]}`,
            signal,
            act: () => {
              const results = some.map((handle) => this.#delete(handle));
              return { value: results, told: { operation: 'sqs.delete', receiptHandles: some, results } };
            },
          }).catch(() => failed(some)),
        ),
      send: async (bodies, group, signal) => {
        for (let start = 0; start < bodies.length; start += ENTRIES_PER_CALL) {
          const some = bodies.slice(start, start + ENTRIES_PER_CALL);
          await call(world, process, {
            service: 'sqs',
            what: `send ${some[0]}`,
            signal,
            act: () => {
              for (const body of some) this.#send(body);
              return { value: undefined, told: { operation: 'sqs.send', bodies: some, group } };
            },
          });
        }
      },
      counts: (signal) =>
        call(world, process, {
          service: 'sqs',
          what: 'counts',
          signal,
          act: () => {
            const counts = this.#countsShown();
            return { value: counts, told: { operation: 'sqs.counts', counts } };
          },
        }),
    };
  }

  #send(body: string): void {
    const { isNoisy, settings } = this.#world;
    if (isNoisy && this.#random.chance(settings.sendLostShare)) this.#world.did('send-lost');
    else this.enqueue(body);
    if (!isNoisy || !this.#random.chance(settings.sendTwiceShare)) return;
    this.#world.did('sent-twice');
    this.enqueue(body);
  }

  #countsShown(): QueueCounts {
    const { clock, settings, isNoisy } = this.#world;
    const atMs = isNoisy ? clock.nowMs - this.#random.next() * settings.countsLagMs : clock.nowMs;
    if (atMs === clock.nowMs) return this.counts();
    return this.#history.findLast((seen) => seen.atMs <= atMs)?.counts ?? this.counts();
  }

  #messageOf(handle: string): QueuedMessage | undefined {
    return this.messages.get(handle.slice(0, handle.indexOf('#')));
  }

  #change(handle: string, seconds: number): LeaseCallResult {
    const message = this.#messageOf(handle);
    if (message === undefined || !isNewest(message, handle) || message.place >= 0) return 'lost';
    if (seconds === 0) this.#show(message);
    else this.#hideUntil(message, this.#world.clock.nowMs + seconds * 1000);
    return 'ok';
  }

  #delete(handle: string): LeaseCallResult {
    const message = this.#messageOf(handle);
    if (message !== undefined && (isNewest(message, handle) || this.#random.chance(OLD_HANDLE_DELETES)))
      this.lose(message);
    return 'ok';
  }

  #hideUntil(message: QueuedMessage, atMs: number): void {
    message.visibleAtMs = atMs;
    const { clock } = this.#world;
    clock.after(atMs - clock.nowMs, undefined, () => {
      if (!message.isDeleted && message.place < 0 && message.visibleAtMs === atMs) this.#show(message);
    });
  }

  #show(message: QueuedMessage): void {
    message.visibleAtMs = 0;
    message.place = this.#visible.length;
    this.#visible.push(message);
    for (const poll of this.waiting) {
      if (!this.hasVisible) return;
      poll.offer();
    }
  }

  #hide(message: QueuedMessage): void {
    if (message.place < 0) return;
    const last = this.#visible.pop() as QueuedMessage;
    if (last !== message) {
      this.#visible[message.place] = last;
      last.place = message.place;
    }
    message.place = -1;
  }
}

const isNewest = (message: QueuedMessage, handle: string): boolean => handle === `${message.id}#${message.receives}`;

/** The adapter answers `failed` for each entry of a call that failed, also of one that was aborted. */
const failed = <T>(some: readonly T[]): readonly LeaseCallResult[] => some.map((): LeaseCallResult => 'failed');

async function inTens<T>(
  entries: readonly T[],
  send: (some: readonly T[]) => Promise<readonly LeaseCallResult[]>,
): Promise<readonly LeaseCallResult[]> {
  if (entries.length <= ENTRIES_PER_CALL) return entries.length === 0 ? [] : send(entries);
  const calls: Promise<readonly LeaseCallResult[]>[] = [];
  for (let start = 0; start < entries.length; start += ENTRIES_PER_CALL) {
    calls.push(send(entries.slice(start, start + ENTRIES_PER_CALL)));
  }
  return (await Promise.all(calls)).flat();
}
