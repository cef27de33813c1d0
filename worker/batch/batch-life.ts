/**
 * The life of one held batch, in a straight line: is it wanted → fetch (while its model is prepared) → compute → commit → its ending
 * (batch-endings.ts). Several lives run side by side; slots and bytes are what they wait for.
 *
 * Invariants: a life ends in exactly one `Ending`; nothing is computed whose outcome is known to exist, or whose job is over; from the commit
 * on nothing stops it. How its items go through fetch and compute is in batch-flow.ts.
 */
import path from 'node:path';
import { errorText } from '../../core/error-text.js';
import type { HandBackReason } from '../../core/contract/events.js';
import type { Manifest } from '../../core/contract/job.js';
import type { PreparedModel, SlotEvent } from '../slot/slot.js';
import { BatchEndings, type BatchEndingsOptions, type Ending } from './batch-endings.js';
import { BatchFlow, type BatchFlowOptions } from './batch-flow.js';
import { BatchFault, removeInput } from './batch-input.js';
import type { HeldBatch, StopCause } from './held-batch.js';
import { type PreparedModels, ModelUnable } from '../model/prepared-models.js';
import { untilAborted } from '../until-aborted.js';

/** Pauses between tries to write an outcome double from the first to the last: half a minute in all, then it is an attempt. */
const FIRST_COMMIT_PAUSE_MS = 500;
const LAST_COMMIT_PAUSE_MS = 16_000;

type FlowParts = Pick<BatchFlowOptions, 'slots' | 'shapes' | 'reader' | 'budget' | 'memory' | 'pace' | 'onPhase'>;

export interface BatchLifeOptions extends BatchEndingsOptions, FlowParts {
  readonly models: PreparedModels;
  /** Objects of a batch are fetched into a folder of it. */
  readonly workDirectory: string;
  readonly onJob: (manifest: Manifest) => void;
  /** Why a drained batch goes back. */
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
      onTrouble: (batch, doing, error) => this.#endings.trouble(batch, doing, error),
    };
  }

  /** Never rejects: what nobody expected is told, and the batch handed back. */
  async run(batch: HeldBatch): Promise<void> {
    try {
      const ending = await this.#runToEnding(batch);
      // Only its message is left to be deleted: the slot is free for others, of which a job that is over may have thousands to drop.
      if (ending.kind === 'dropped' || ending.kind === 'duplicate') batch.enter('committing');
      const settled = this.#endings.settle(batch, ending);
      this.#options.onPhase();
      await settled;
    } catch (error) {
      if (this.#options.signal.aborted) return;
      this.#endings.trouble(batch, 'working on a batch', error);
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
      if (batch.receiveCount > 1) await this.#options.record.resume(batch, batch.signal);
      const directory = path.join(this.#options.workDirectory, batch.lease.id);
      const flow = new BatchFlow(batch, manifest, directory, this.#flowOptions);
      try {
        // The model is made ready while the batch downloads.
        await flow.run(this.#prepare(batch, manifest));
        // The slot is given its next batch first: what a request costs the processor comes after.
        await new Promise((resolve) => setImmediate(resolve));
        return await this.#commit(batch);
      } finally {
        flow.close();
        // Nobody waits for it; what it leaves goes with the worker's directory.
        if (manifest.dataset.kind === 'objects') void removeInput(directory).catch(() => undefined);
      }
    } catch (error) {
      if (batch.stopCause !== undefined) return this.#endingOf(batch.stopCause);
      if (error instanceof BatchFault) return { kind: 'attempt', error: error.itemError };
      if (error instanceof ModelUnable) return { kind: 'unable', phase: error.phase, message: error.message };
      throw error;
    }
  }

  /** R1: what was received before, or belongs to a complete job, is looked up first. */
  async #whenOver(batch: HeldBatch): Promise<Ending | undefined> {
    const end = await untilAborted(this.#options.jobs.end(batch.message.job), batch.signal);
    if (end === 'cancelled' || end === 'failed') return { kind: 'dropped', reason: end };
    const mayBeDone = batch.receiveCount > 1 || end === 'complete';
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

  /** Nothing stops it from here: whoever writes the outcome first has done the batch. */
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
        this.#endings.trouble(batch, 'writing an outcome', error);
        if (pauseMs > LAST_COMMIT_PAUSE_MS)
          throw new BatchFault('OutcomeUnwritable', errorText(error), { cause: error });
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
      case 'rebuilt':
        events.emit({ code: 'slot-rebuilt', reason: event.reason, ...batch.tags, message: event.message });
        return;
    }
  }
}
