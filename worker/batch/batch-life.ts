/**
 * The life of one held batch, in a straight line: check that it is wanted → fetch (while its model is prepared) →
 * compute → commit → end (batch-endings.ts). Several lives run side by side and wait for slots and bytes. batch-flow.ts
 * moves the items through fetch and compute.
 *
 * Invariants:
 * - A life ends in exactly one `Ending`.
 * - Nothing is computed whose outcome is known to exist, or whose job is over.
 * - Nothing stops a batch once its commit has begun.
 */
import path from 'node:path';
import { errorText } from '../../core/error-text.js';
import type { HandBackReason } from '../../core/contract/events.js';
import type { Manifest } from '../../core/contract/job.js';
import type { PreparedModel, SlotEvent } from '../slot/slot.js';
import type { SlotPool } from '../slot/slot-pool.js';
import { BatchEndings, type BatchEndingsOptions, type Ending } from './batch-endings.js';
import { BatchFlow, type BatchFlowOptions } from './batch-flow.js';
import { BatchFault, removeInput } from './batch-input.js';
import type { HeldBatch, StopCause } from './held-batch.js';
import { type PreparedModels, ModelUnable } from '../model/prepared-models.js';
import type { BatchLosses } from '../losses/batch-losses.js';
import { untilAborted } from '../until-aborted.js';

/**
 * The pauses between tries to write an outcome double from the first to the last: half a minute in all. Then it is an
 * attempt.
 */
const FIRST_COMMIT_PAUSE_MS = 500;
const LAST_COMMIT_PAUSE_MS = 16_000;

type FlowParts = Pick<BatchFlowOptions, 'works' | 'reader' | 'budget' | 'memory' | 'pace' | 'journal' | 'onPhase'>;

export interface BatchLifeOptions extends BatchEndingsOptions, FlowParts {
  readonly models: PreparedModels;
  readonly slots: Pick<SlotPool, 'warm'>;
  readonly losses: Pick<BatchLosses, 'prepare'>;
  /** The objects of each batch are fetched into a subdirectory. */
  readonly workDirectory: string;
  readonly onJob: (manifest: Manifest) => void;
  /** Says why a drained batch is handed back. */
  readonly drainReason: () => HandBackReason;
}

export class BatchLife {
  readonly #endings: BatchEndings;
  readonly #flowOptions: BatchFlowOptions;

  readonly #options: BatchLifeOptions;

  constructor(options: BatchLifeOptions) {
    this.#options = options;
    this.#endings = new BatchEndings(options);
    this.#flowOptions = {
      ...options,
      onSlotEvent: (batch, model, event) => this.#reportSlot(batch, model, event),
      onTrouble: (batch, doing, error) => this.#endings.reportTrouble(batch, doing, error),
    };
  }

  /** The promise never rejects: an unexpected error is reported, and the batch is handed back. */
  async run(batch: HeldBatch): Promise<void> {
    try {
      const ending = await this.#runToEnding(batch);
      // Only the message is left to be deleted. The batch no longer counts as waiting, because a job that is over may
      // have thousands of batches to drop.
      if (ending.kind === 'dropped' || ending.kind === 'duplicate') batch.enter('committing');
      const settled = this.#endings.settle(batch, ending);
      this.#options.onPhase();
      await settled;
    } catch (error) {
      if (this.#options.signal.aborted) return;
      this.#endings.reportTrouble(batch, 'working on a batch', error, 'it is handed back');
      await this.#endings.handBackAfterTrouble(batch);
    }
  }

  async #runToEnding(batch: HeldBatch): Promise<Ending> {
    try {
      const { message } = batch;
      const manifest = await untilAborted(this.#options.jobs.manifest(message), batch.signal);
      if (manifest === undefined) return { kind: 'dropped', reason: 'foreign-manifest' };
      const over = await this.#whenOver(batch);
      if (over !== undefined) return over;
      this.#options.onJob(manifest);
      if (batch.mayHaveBegun) {
        await this.#options.record.resume(batch, batch.signal);
        if (!(await this.#options.losses.prepare(batch))) return this.#endingOf('isolation');
      }
      const directory = path.join(this.#options.workDirectory, batch.lease.id);
      const flow = new BatchFlow(batch, manifest, directory, this.#flowOptions);
      try {
        // The model is prepared while the batch downloads.
        await flow.run(this.#prepare(batch, manifest));
        // The slot is given its next batch before this one's request takes processor time.
        await new Promise((resolve) => setImmediate(resolve));
        return await this.#commit(batch);
      } finally {
        flow.close();
        // Nobody waits for the removal. Files that are left are removed with the worker's directory.
        if (manifest.dataset.kind === 'objects') void removeInput(directory).catch(() => undefined);
      }
    } catch (error) {
      if (batch.stopCause !== undefined) return this.#endingOf(batch.stopCause);
      if (error instanceof BatchFault) return { kind: 'attempt', error: error.itemError };
      if (error instanceof ModelUnable) return { kind: 'unable', phase: error.phase, message: error.message };
      throw error;
    }
  }

  /**
   * R1: looks up the outcome of a batch that was received before, that was sent again, or whose job is complete. Messages
   * of before may be left of a resumed job, and each of its batches was sent again.
   */
  async #whenOver(batch: HeldBatch): Promise<Ending | undefined> {
    const { job, again } = batch.message;
    const sinceMs = again ? batch.lease.receivedAtMs : undefined;
    const { end, isResumed } = await untilAborted(this.#options.jobs.standing(job, sinceMs), batch.signal);
    if (end === 'cancelled' || end === 'failed') return { kind: 'dropped', reason: end };
    const mayBeDone = batch.mayHaveBegun || isResumed || end === 'complete';
    if (mayBeDone && (await this.#options.record.hasOutcome(batch, batch.signal))) {
      return { kind: 'duplicate', wasteItems: 0 };
    }
    return undefined;
  }

  async #prepare(batch: HeldBatch, manifest: Manifest): Promise<PreparedModel> {
    batch.modelAskedAtMs = this.#options.clock.nowMs();
    const model = await this.#options.models.get(manifest);
    batch.modelAskedAtMs = undefined;
    this.#options.slots.warm(model);
    return model;
  }

  /** Nothing stops a commit: the worker that writes the outcome first has done the batch. */
  async #commit(batch: HeldBatch): Promise<Ending> {
    this.#enter(batch, 'committing');
    const { clock, record, signal } = this.#options;
    for (let pauseMs = FIRST_COMMIT_PAUSE_MS; ; pauseMs *= 2) {
      try {
        const kind = await record.commit(batch, signal);
        batch.forgetResults();
        return { kind, wasteItems: batch.freshItems };
      } catch (error) {
        signal.throwIfAborted();
        const isLast = pauseMs > LAST_COMMIT_PAUSE_MS;
        this.#endings.reportTrouble(batch, 'writing an outcome', error, isLast ? 'this attempt failed' : 'retrying');
        if (isLast) throw new BatchFault('OutcomeUnwritable', errorText(error), { cause: error });
      }
      await clock.sleep(pauseMs, signal);
    }
  }

  #endingOf(cause: StopCause): Ending {
    switch (cause) {
      case 'lost':
        return { kind: 'lost' };
      case 'cancelled':
      case 'failed':
        return { kind: 'dropped', reason: cause };
      case 'twelve-hours':
      case 'unable':
      case 'waiting':
      case 'isolation':
        return { kind: 'handed-back', reason: cause, delaySeconds: 0 };
      case 'drain':
        return { kind: 'handed-back', reason: this.#options.drainReason(), delaySeconds: 0 };
    }
  }

  #enter(batch: HeldBatch, phase: HeldBatch['phase']): void {
    batch.signal.throwIfAborted();
    batch.enter(phase);
    this.#options.onPhase();
  }

  #reportSlot(batch: HeldBatch, model: PreparedModel, event: SlotEvent): void {
    const { events } = this.#options;
    switch (event.kind) {
      case 'ready': {
        const message = `The model ${model.spec.name} was loaded in ${event.loadMs} ms.`;
        events.emit({
          code: 'model-ready',
          model: model.spec.name,
          loadMs: event.loadMs,
          job: batch.message.job,
          message,
        });
        return;
      }
      case 'slow-load':
        events.emit({
          code: 'model-slow',
          model: model.spec.name,
          job: batch.message.job,
          message: event.message,
        });
        return;
      case 'log':
        events.emit({ code: 'model-log', stream: 'model', job: batch.message.job, message: event.line });
        return;
      case 'model':
        events.emit({
          code: 'model-event',
          ...batch.tags,
          message: `The model ${model.spec.name} reports: ${event.message}`,
        });
        return;
      case 'rebuilt':
        events.emit({ code: 'slot-rebuilt', reason: event.reason, ...batch.tags, message: event.message });
        return;
    }
  }
}
