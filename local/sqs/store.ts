/**
 * All queues of the local cloud's one account and region.
 *
 * Invariants: a queue's name is unique, and cannot be used again for a minute after the queue was deleted. After
 * `close` no timer is left and no poll waits.
 */
import { noImperfections, type Imperfections } from '../faults/imperfections.js';
import { seededRandom } from '../market/random.js';
import { systemClock, type Clock } from '../clock.js';
import { invalidParameter, queueDoesNotExist, SqsError } from './errors.js';
import { MAX_IN_FLIGHT, NAME_REUSE_MS } from './limits.js';
import { MessageIds } from './message-ids.js';
import { MoveTasks } from './move-tasks.js';
import { Queue, type QueueContext } from './queue.js';
import { allowsSource } from './redrive.js';
import { changeSettings, defaultSettings, differingAttribute, type QueueSettings } from './settings.js';

export interface SqsStoreOptions {
  readonly clock?: Clock;
  readonly region?: string;
  readonly accountId?: string;
  readonly maxInFlight?: number;
  /** The object is kept and read at each use. */
  readonly imperfections?: Imperfections['sqs'];
  /** The seed decides which messages an imperfection affects. */
  readonly seed?: number;
}

const NAME = /^[\w-]{1,80}$/;

export class SqsStore {
  readonly clock: Clock;
  readonly region: string;
  readonly accountId: string;
  readonly moveTasks: MoveTasks;
  readonly #queues = new Map<string, Queue>();
  readonly #deletedMs = new Map<string, number>();
  readonly #context: QueueContext;

  constructor(options: SqsStoreOptions = {}) {
    this.clock = options.clock ?? systemClock;
    this.region = options.region ?? 'us-east-1';
    this.accountId = options.accountId ?? '000000000000';
    this.#context = {
      clock: this.clock,
      maxInFlight: options.maxInFlight ?? MAX_IN_FLIGHT,
      messageIds: new MessageIds(),
      imperfections: options.imperfections ?? noImperfections().sqs,
      random: (purpose) => seededRandom(options.seed ?? 0, `sqs ${purpose}`),
      findByArn: (arn) => this.findByArn(arn),
    };
    this.moveTasks = new MoveTasks(this.#context);
  }

  /** Creating a queue again with the same attributes returns the existing one. */
  createQueue(name: string, attributes: ReadonlyMap<string, string>, tags: ReadonlyMap<string, string>): Queue {
    if (name.endsWith('.fifo')) {
      throw new SqsError('UnsupportedOperation', 'The local cloud serves standard queues only, no FIFO queues.');
    }
    if (!NAME.test(name)) {
      const message = 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length';
      throw new SqsError('InvalidParameterValue', message);
    }
    const existing = this.#queues.get(name);
    if (existing !== undefined) {
      const differing = differingAttribute(existing.settings, attributes);
      if (differing === undefined) return existing;
      const message = `A queue already exists with the same name and a different value for attribute ${differing}`;
      throw new SqsError('QueueNameExists', message);
    }
    this.#checkNameIsFree(name);
    const arn = this.#arnOf(name);
    const settings = changeSettings(defaultSettings, attributes);
    this.#checkRedrive(arn, settings);
    const queue = new Queue(name, arn, settings, this.#context);
    for (const [key, value] of tags) queue.tags.set(key, value);
    this.#queues.set(name, queue);
    return queue;
  }

  setAttributes(queue: Queue, attributes: ReadonlyMap<string, string>): void {
    const settings = changeSettings(queue.settings, attributes);
    if (attributes.has('RedrivePolicy')) this.#checkRedrive(queue.arn, settings);
    queue.changeSettings(settings);
  }

  deleteQueue(queue: Queue): void {
    this.#queues.delete(queue.name);
    this.#deletedMs.set(queue.name, this.clock.nowMs());
    queue.delist();
  }

  queue(name: string): Queue {
    const queue = this.#queues.get(name);
    if (queue === undefined) throw queueDoesNotExist();
    return queue;
  }

  findByArn(arn: string): Queue | undefined {
    const queue = this.#queues.get(arn.slice(arn.lastIndexOf(':') + 1));
    return queue?.arn === arn ? queue : undefined;
  }

  /** Returns the queues in the order of their names. */
  queues(): readonly Queue[] {
    return [...this.#queues.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  sourcesOf(deadLetterQueue: Queue): readonly Queue[] {
    return this.queues().filter((queue) => queue.settings.redrive?.targetArn === deadLetterQueue.arn);
  }

  close(): void {
    this.moveTasks.close();
    for (const queue of this.#queues.values()) queue.close();
  }

  #arnOf(name: string): string {
    return `arn:aws:sqs:${this.region}:${this.accountId}:${name}`;
  }

  #checkNameIsFree(name: string): void {
    const nowMs = this.clock.nowMs();
    for (const [deleted, deletedMs] of this.#deletedMs) {
      if (deletedMs + NAME_REUSE_MS <= nowMs) this.#deletedMs.delete(deleted);
    }
    if (!this.#deletedMs.has(name)) return;
    const message = 'You must wait 60 seconds after deleting a queue before you can create another with the same name.';
    throw new SqsError('QueueDeletedRecently', message);
  }

  #checkRedrive(sourceArn: string, settings: QueueSettings): void {
    if (settings.redrive === undefined) return;
    const policy = settings.values.get('RedrivePolicy');
    const target = this.findByArn(settings.redrive.targetArn);
    if (target === undefined) throw invalidParameter('RedrivePolicy', policy, 'Dead letter target does not exist.');
    if (!allowsSource(target.settings.redriveAllow, sourceArn)) {
      throw invalidParameter('RedrivePolicy', policy, 'The redrive allow policy of the dead letter target refuses it.');
    }
  }
}
