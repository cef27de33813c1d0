/**
 * Carries out how a batch's life ends: writes to the bucket, answers the queue, in this order, and emits the events
 * about it.
 *
 * Invariants:
 * - The outcome is written before the message is deleted (R1). Finished items are saved before the batch is handed back
 *   (R3).
 * - Only an attempt is counted, and only by its key (R4).
 * - An ending changes the queue once (lease-keeper.ts).
 */
import type { DropReason, HandBackReason } from '../../core/contract/events.js';
import { afterAttempt } from '../../core/batch/give-up.js';
import { encodeUnableMark, type UnableMark } from '../../core/contract/job.js';
import { unableKey } from '../../core/contract/keys.js';
import { ITEM_ERROR_CODES, type ItemError } from '../../core/contract/result-line.js';
import { EXAMPLE_CHARACTERS } from '../../core/contract/error-example.js';
import { definedFields } from '../../core/defined-fields.js';
import { shorten } from '../../core/shorten.js';
import { couldNot } from '../could-not.js';
import type { LeaseKeeper } from '../lease/lease-keeper.js';
import type { Clock, EventSink, ObjectStore } from '../ports.js';
import type { BatchRecord, CommitResult } from './batch-record.js';
import type { HeldBatch } from './held-batch.js';
import type { JobCache } from './job-cache.js';
import type { UnablePhase } from '../model/prepared-models.js';

/** The delay keeps the batch from coming straight back after trouble of the worker's own. */
const TROUBLE_DELAY_SECONDS = 5;

/** Maps what the worker was doing when there was trouble, as events name it, to the words of a message. */
const ACTS = {
  'reading input': 'read the input of',
  'fetching objects': 'fetch the objects of',
  'saving finished items': 'save the finished items of',
  'writing an outcome': 'write the outcome of',
  'working on a batch': 'finish',
  'handing a batch back': 'hand back',
} as const;
export type BatchAct = keyof typeof ACTS;

export type Ending =
  | { readonly kind: CommitResult; readonly wasteItems: number }
  | { readonly kind: 'dropped'; readonly reason: DropReason }
  | { readonly kind: 'lost' }
  | { readonly kind: 'handed-back'; readonly reason: HandBackReason; readonly delaySeconds: number }
  | { readonly kind: 'attempt'; readonly error: ItemError }
  | { readonly kind: 'unable'; readonly phase: UnablePhase; readonly message: string };

export interface BatchEndingsOptions {
  readonly instance: string;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly leases: LeaseKeeper;
  readonly jobs: JobCache;
  readonly record: BatchRecord;
  /** Returns false when it was called for the job before. */
  readonly onUnable: (job: string) => boolean;
  /** Aborts when the worker has ended. Until then the saves, commits and hand-backs go on. */
  readonly signal: AbortSignal;
}

export class BatchEndings {
  readonly #options: BatchEndingsOptions;

  constructor(options: BatchEndingsOptions) {
    this.#options = options;
  }

  async settle(batch: HeldBatch, ending: Ending): Promise<void> {
    switch (ending.kind) {
      case 'committed':
        this.#reportCommitted(batch);
        return this.#delete(batch);
      case 'duplicate':
        this.#reportDuplicate(batch, ending.wasteItems);
        return this.#delete(batch);
      case 'dropped':
        this.#options.events.emit({
          code: 'batch-dropped',
          reason: ending.reason,
          ...batch.tags,
          message: `Batch ${batch.message.batch} was dropped: ${DROPPED_BECAUSE[ending.reason]}.`,
        });
        return this.#delete(batch);
      case 'lost':
        return this.#reportLost(batch);
      case 'handed-back':
        return this.#handBack(batch, ending, await this.#save(batch));
      case 'attempt':
        return this.#settleAttempt(batch, ending.error);
      case 'unable':
        return this.#settleUnable(batch, ending.phase, ending.message);
    }
  }

  async #settleAttempt(batch: HeldBatch, error: ItemError): Promise<void> {
    const { clock, events, jobs, record, signal } = this.#options;
    const maxAttempts = (await jobs.manifest(batch.message))?.options.maxAttempts ?? 1;
    const savedItems = await this.#save(batch);
    const at = new Date(clock.nowMs()).toISOString();
    const attempts = await record.recordAttempt(batch, error, at, signal);
    const message = `Attempt ${attempts} of ${maxAttempts} at batch ${batch.message.batch} failed: ${error.code}: ${error.message}`;
    events.emit({ code: 'attempt', attempts, maxAttempts, ...batch.tags, message });
    const next = afterAttempt(attempts, maxAttempts);
    if (next.kind === 'hand-back') {
      return this.#handBack(batch, { reason: 'attempt', delaySeconds: next.delaySeconds }, savedItems);
    }
    if ((await record.giveUp(batch, attempts, error, signal)) === 'committed') {
      const givenUp = `Batch ${batch.message.batch} was given up after ${attempts} attempts: ${error.code}: ${error.message}`;
      const { firstIndex: index, items: count } = batch.message;
      const why = shorten(`${error.code}: ${error.message}`, EXAMPLE_CHARACTERS);
      const errors = [{ code: ITEM_ERROR_CODES.batchGivenUp, count, index, message: why }];
      events.emit({ code: 'batch-given-up', attempts, errors, ...batch.tags, message: givenUp });
    } else {
      this.#reportDuplicate(batch, batch.freshItems);
    }
    return this.#delete(batch);
  }

  async #settleUnable(batch: HeldBatch, phase: UnablePhase, message: string): Promise<void> {
    const { clock, events, instance, signal, store } = this.#options;
    const { job } = batch.message;
    const mark: UnableMark = { instance, phase, message, at: new Date(clock.nowMs()).toISOString() };
    await store.put(unableKey(job, instance), encodeUnableMark(mark), { signal, contentType: 'application/json' });
    const sentence = `This instance cannot ${DOING[phase]} and leaves the job's batches to others: ${message}`;
    // The event is emitted once, however many batches were held.
    if (this.#options.onUnable(job)) events.emit({ code: 'unable', phase, job, message: sentence });
    return this.#handBack(batch, { reason: 'unable', delaySeconds: 0 }, await this.#save(batch));
  }

  /** Returns how many items were saved. A failed save must not keep the batch from other workers. */
  async #save(batch: HeldBatch): Promise<number> {
    try {
      return await this.#options.record.savePartial(batch, this.#options.signal);
    } catch (error) {
      this.reportTrouble(batch, 'saving finished items', error, 'they are computed again');
      return 0;
    }
  }

  /** Hands a batch back after an error that nobody expected; never rejects. */
  async handBackAfterTrouble(batch: HeldBatch): Promise<void> {
    try {
      const savedItems = await this.#save(batch);
      await this.#handBack(batch, { reason: 'worker-failed', delaySeconds: TROUBLE_DELAY_SECONDS }, savedItems);
    } catch (error) {
      this.reportTrouble(batch, 'handing a batch back', error, 'its lease runs out by itself');
    }
  }

  /** `next` says what follows; by default the act is retried. */
  reportTrouble(batch: HeldBatch, doing: BatchAct, error: unknown, next?: string): void {
    const message = couldNot(`${ACTS[doing]} batch ${batch.message.batch}`, error, next);
    this.#options.events.emit({ code: 'trouble', doing, ...batch.tags, message });
  }

  async #handBack(
    batch: HeldBatch,
    ending: { readonly reason: HandBackReason; readonly delaySeconds: number },
    savedItems: number,
  ): Promise<void> {
    const { events, leases, signal } = this.#options;
    const result = await leases.handBack(batch.lease, ending.delaySeconds, signal);
    if (result === 'lost') return this.#reportLost(batch);
    const saved = savedItems === 0 ? '' : ` with ${savedItems} finished items saved`;
    const how = result === 'ok' ? '' : ' (SQS did not accept it, so its lease must run out)';
    const message = `Batch ${batch.message.batch} was handed back${saved}${how}: ${HANDED_BACK_BECAUSE[ending.reason]}.`;
    const { reason } = ending;
    const handedBack = { reason, savedItems, ...this.#computeTime(batch), ...batch.tags, message };
    events.emit({ code: 'batch-handed-back', ...handedBack });
  }

  async #delete(batch: HeldBatch): Promise<void> {
    await this.#options.leases.delete(batch.lease, this.#options.signal);
  }

  #reportLost(batch: HeldBatch): void {
    const message = `The lease of batch ${batch.message.batch} was lost: another worker has it now, and this work was stopped.`;
    const { freshItems: items, tags } = batch;
    this.#options.events.emit({ code: 'lease-lost', items, ...this.#computeTime(batch), ...tags, message });
  }

  #reportCommitted(batch: HeldBatch): void {
    const nowMs = this.#options.clock.nowMs();
    const { okItems: ok, failedItems: failed, errors, slotMemoryBytes } = batch;
    this.#options.events.emit({
      code: 'batch-committed',
      ok,
      failed,
      resumed: batch.resumedItems,
      receives: batch.receiveCount,
      computeMs: 0,
      ...this.#computeTime(batch),
      heldMs: nowMs - batch.lease.receivedAtMs,
      ...definedFields({ slotMemoryBytes }),
      ...(errors.length === 0 ? {} : { errors }),
      ...batch.tags,
      message: `Batch ${batch.message.batch} is done: ${ok} ${ok === 1 ? 'item' : 'items'} ok, ${failed} failed.`,
    });
  }

  #reportDuplicate(batch: HeldBatch, items: number): void {
    const waste =
      items === 0
        ? 'nothing was computed twice'
        : items === 1
          ? '1 item was computed for nothing'
          : `${items} items were computed for nothing`;
    const message = `Batch ${batch.message.batch} had its outcome already; ${waste}.`;
    this.#options.events.emit({
      code: 'batch-duplicate',
      items,
      ...this.#computeTime(batch),
      ...batch.tags,
      message,
    });
  }

  /** The field is absent when the model has not begun with the batch. */
  #computeTime({ computeStartedAtMs }: HeldBatch): { readonly computeMs?: number } {
    const nowMs = this.#options.clock.nowMs();
    return definedFields({ computeMs: computeStartedAtMs === undefined ? undefined : nowMs - computeStartedAtMs });
  }
}

const DOING: Readonly<Record<UnablePhase, string>> = {
  fetch: 'fetch the model',
  environment: "install the model's packages",
  weights: "fetch the model's weights",
  setup: 'set up the model',
  load: 'load the model',
};

const DROPPED_BECAUSE = {
  cancelled: 'its job was cancelled',
  failed: 'its job has failed',
  'foreign-manifest': 'the job.json in the bucket is not the one that its message names',
} as const;

const HANDED_BACK_BECAUSE: Readonly<Record<HandBackReason, string>> = {
  interruption: 'AWS takes this instance',
  draining: 'this worker ends',
  'twelve-hours': 'SQS lets nobody hold a message for more than twelve hours; use smaller batches (--batch-size)',
  unable: 'its model cannot be used on this instance',
  attempt: 'this attempt failed and is retried',
  'worker-failed': 'the worker had trouble of its own',
  outdated: 'it needs a newer worker',
  isolation: 'this worker computes another batch alone, with which workers have died',
  waiting: 'this worker is busy for longer than expected, and another one may be free',
};
