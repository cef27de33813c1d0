/**
 * Moves the items of one batch: fetches them (while the model is prepared), has a slot compute them, and keeps the
 * results until the commit. A batch with a large input goes in pieces of consecutive items, and the next piece is
 * fetched while one is computed. For the slot each piece is work of its own, so bisection, doubts and rebuilds are
 * decided within a piece.
 *
 * Invariants:
 * - Every byte that is held is counted in the budget until it is freed or spilled.
 * - A batch blocked on the budget holds no slot, input or results, so waits cannot form a cycle.
 * - No slice is given to a slot while results are being spilled.
 */
import path from 'node:path';
import { isolatedParts } from '../../core/batch/isolation.js';
import { errorText } from '../../core/error-text.js';
import type { Manifest } from '../../core/contract/job.js';
import type { PipelinePace } from '../../core/batch/pipeline-pace.js';
import type { BatchItem, PreparedModel, SlotEvent } from '../slot/slot.js';
import { retry } from '../retry.js';
import type { Clock } from '../ports.js';
import {
  BatchFault,
  type BatchInput,
  type InputPosition,
  fetchObjects,
  type InputReader,
  readInput,
  removeInput,
} from './batch-input.js';
import type { BatchAct } from './batch-endings.js';
import type { BatchRecord } from './batch-record.js';
import type { ByteBudget } from './byte-budget.js';
import type { HeldBatch } from './held-batch.js';
import type { MemoryLimits } from './memory-limits.js';
import { ModelUnable } from '../model/prepared-models.js';
import type { SlotWorks } from './slot-work.js';
import type { SlotJournal } from '../losses/journal.js';
import { untilAborted } from '../until-aborted.js';

/** The retries take half a minute in all. If S3 refuses for longer, it is an attempt. */
const WRITE_PAUSES = { firstPauseMs: 500, lastPauseMs: 16_000 };

export interface BatchFlowOptions {
  readonly works: Pick<SlotWorks, 'compute'>;
  readonly reader: InputReader;
  readonly record: BatchRecord;
  readonly budget: ByteBudget;
  readonly memory: MemoryLimits;
  readonly pace: PipelinePace;
  readonly journal?: SlotJournal | undefined;
  readonly clock: Clock;
  readonly onPhase: () => void;
  readonly onSlotEvent: (batch: HeldBatch, model: PreparedModel, event: SlotEvent) => void;
  readonly onTrouble: (batch: HeldBatch, doing: BatchAct, error: unknown) => void;
}

/** The error is made once, because making an error is costly. */
const OVER = new Error('The batch is over.');

interface Piece extends BatchInput {
  /** How long fetching the objects took; undefined for items that are lines. */
  readonly fetchMs?: number;
  readonly giveBack: () => void;
}

export class BatchFlow {
  /** The bytes of results that are counted in the budget. */
  #chargedBytes = 0;
  #closed = false;
  /** The batch waits for the budget, or is about to. */
  #waiting = false;
  #computing = false;
  #spilling: Promise<void> | undefined;
  /** Aborts the fetch ahead when nobody wants it any more, and everything when results cannot be kept. */
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;

  readonly #batch: HeldBatch;
  readonly #manifest: Manifest;
  /** The directory into which the batch's objects are fetched. */
  readonly #directory: string;
  readonly #options: BatchFlowOptions;

  constructor(batch: HeldBatch, manifest: Manifest, directory: string, options: BatchFlowOptions) {
    this.#batch = batch;
    this.#manifest = manifest;
    this.#directory = directory;
    this.#options = options;
    this.#signal = AbortSignal.any([batch.signal, this.#over.signal]);
  }

  /** Runs until every item is finished. */
  async run(model: Promise<PreparedModel>): Promise<void> {
    const { firstIndex, startByte } = this.#batch.message;
    // Results of earlier leases are in memory already.
    this.#count();
    let reading: Promise<Piece> | undefined = this.#read({ byte: startByte, index: firstIndex });
    try {
      while (reading !== undefined) {
        const [ready, piece]: [PreparedModel, Piece] = await Promise.all([untilAborted(model, this.#signal), reading]);
        reading = piece.next && this.#read(piece.next);
        reading?.catch(() => undefined);
        try {
          this.#computing = true;
          await this.#computePiece(ready, piece.items, reading === undefined);
        } finally {
          this.#computing = false;
          piece.giveBack();
        }
        await this.#spilling;
        this.#spillWhileWaiting();
        await this.#spilling;
      }
    } finally {
      this.#over.abort(OVER);
      reading?.then(
        ({ giveBack }) => giveBack(),
        () => undefined,
      );
    }
  }

  /** Frees the results: they are committed, or nobody wants them. */
  close(): void {
    this.#closed = true;
    this.#options.budget.charge(-this.#chargedBytes);
  }

  /** Waits for bytes of the budget. The returned function gives them back. */
  async #take(bytes: number): Promise<() => void> {
    const taken = this.#options.budget.take(bytes, this.#signal);
    this.#waiting = true;
    this.#spillWhileWaiting();
    try {
      return await taken;
    } finally {
      this.#waiting = false;
    }
  }

  /** Spills the results while the batch waits for the budget, because other batches may wait for these bytes. */
  #spillWhileWaiting(): void {
    if (this.#waiting && !this.#computing && this.#options.budget.isSpent) this.#spill();
  }

  async #read(from: InputPosition): Promise<Piece> {
    const { clock, memory, pace, reader } = this.#options;
    const batch = this.#batch;
    const { kind } = this.#manifest.dataset;
    for (let bytes = memory.pieceBytes; ; bytes *= 2) {
      const left = batch.message.endByte - from.byte;
      // A small rest is read together with the last piece.
      const endByte = from.byte + (left <= bytes * 2 ? left : bytes);
      const giveBack = await this.#take(endByte - from.byte);
      try {
        const startedAtMs = clock.nowMs();
        const input = await readInput(reader.store, batch.message, kind, {
          ...this.#retryOptions('reading input'),
          from,
          endByte,
          mostObjectBytes: memory.objectPieceBytes,
          isDone: (index) => batch.isDone(index),
        });
        if (input !== undefined) {
          const readMs = clock.nowMs() - startedAtMs;
          const piece = kind === 'lines' ? { ...input, giveBack } : await this.#fetch(input, from, giveBack);
          if (from.byte === batch.message.startByte) pace.fetched(readMs + (piece.fetchMs ?? 0));
          batch.addResults(piece.failed);
          return piece;
        }
      } catch (error) {
        giveBack();
        throw error;
      }
      giveBack();
    }
  }

  /**
   * Fetches the objects of a piece. Their bytes are counted before the fetch, because on many systems their directory
   * is in memory. While the batch waits for the budget, only the objects' names are held.
   */
  async #fetch(input: BatchInput, from: InputPosition, giveBackLines: () => void): Promise<Piece> {
    const { clock, reader } = this.#options;
    giveBackLines();
    const giveBackBytes = await this.#take(input.objectBytes);
    const directory = path.join(this.#directory, String(from.index));
    const giveBack = (): void => {
      // Files that cannot be removed are removed with the worker's directory.
      void removeInput(directory).then(giveBackBytes, giveBackBytes);
    };
    const startedAtMs = clock.nowMs();
    try {
      const { store: _, ...where } = reader;
      const fetched = await fetchObjects(input, { ...this.#retryOptions('fetching objects'), directory, ...where });
      return { ...fetched, fetchMs: clock.nowMs() - startedAtMs, giveBack };
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /** Computes an isolated batch part by part, each saved at once: the next part may end this worker (R4). */
  async #computePiece(model: PreparedModel, items: readonly BatchItem[], isLast: boolean): Promise<void> {
    const batch = this.#batch;
    if (batch.isolatedFor === undefined) return this.#compute(model, items, isLast);
    const itemAt = new Map(items.map((item) => [item.index, item]));
    const parts = isolatedParts([...itemAt.keys()], batch.isolatedFor);
    for (const [at, part] of parts.entries()) {
      const ofPart = part.flatMap((index) => itemAt.get(index) ?? []);
      await this.#compute(model, ofPart, isLast && at === parts.length - 1);
      await this.#write(() => this.#options.record.savePartial(batch, this.#signal));
    }
  }

  async #compute(model: PreparedModel, items: readonly BatchItem[], isLast: boolean): Promise<void> {
    const batch = this.#batch;
    if (items.length === 0) return;
    if (batch.phase !== 'computing') this.#enter('waiting');
    const { clock, journal, onSlotEvent, works } = this.#options;
    let startedAtMs = clock.nowMs();
    let hasStarted = false;
    const result = await works.compute({
      job: batch.message.job,
      batch: batch.message.batch,
      model,
      items,
      itemsEndWithBatch: this.#manifest.dataset.kind === 'objects',
      isAlone: batch.isolatedFor !== undefined,
      onSlot: ({ slot }) => {
        batch.slot = slot;
        batch.loadingModel = () => (hasStarted && slot.isLoading ? model.modelKey : undefined);
      },
      onStart: () => {
        startedAtMs = clock.nowMs();
        batch.computeStartedAtMs ??= startedAtMs;
        batch.progressAtMs = startedAtMs;
        hasStarted = true;
        if (!this.#signal.aborted) this.#enter('computing');
      },
      onInSlot: (inSlot, isFirst) => {
        const { job, batch: number } = batch.message;
        // A batch that is not isolated shares the worker with others, whose processes may still be ending.
        const isAlone = isFirst && batch.isolatedFor !== undefined;
        journal?.inSlots({ job, batch: number, lease: batch.lease.id, items: inSlot, isFirst: isAlone });
      },
      onComputed: (computed) => {
        batch.addResults(computed);
        batch.progressAtMs = clock.nowMs();
        this.#count();
      },
      beforeSlice: () => this.#spilling,
      onEvent: (event) => onSlotEvent(batch, model, event),
      signal: this.#signal,
    });
    batch.loadingModel = () => undefined;
    switch (result.kind) {
      case 'computed':
        batch.slotMemoryBytes = larger(batch.slotMemoryBytes, batch.slot?.memoryOf(model.modelKey));
        if (isLast && items.length === batch.message.items)
          this.#measure(clock.nowMs() - startedAtMs, result.isMeasure);
        if (!isLast || batch.itemsLeft === 0) return;
        throw new BatchFault('Unanswered', `The slot ended the batch, but ${batch.itemsLeft} items have no answer.`);
      case 'unable':
        throw new ModelUnable('load', result.message);
      case 'attempt':
        throw new BatchFault(result.error.code, result.error.message);
      case 'late':
        return await this.#compute(model, items, isLast);
      case 'stepped-back': {
        const left = items.filter(({ index }) => !batch.isDone(index));
        return await this.#compute(model, left, isLast);
      }
      case 'aborted':
        throw new Error('The slot aborted a batch that nobody had stopped.');
    }
  }

  /** A batch that shared its slot, or waited for its model, says nothing of the time of the next. The pace of its items does. */
  #measure(elapsedMs: number, isMeasure: boolean): void {
    const { pace } = this.#options;
    const { items } = this.#batch.message;
    const msPerItem = this.#batch.slot?.msPerItem;
    if (isMeasure) pace.computed(elapsedMs, items);
    else if (msPerItem !== undefined) pace.computed(msPerItem * items, items);
  }

  /** Counts the results in memory, and spills them when there are too many. */
  #count(): void {
    const batch = this.#batch;
    if (this.#closed) return;
    const { budget, memory } = this.#options;
    budget.charge(batch.resultBytes - this.#chargedBytes);
    this.#chargedBytes = batch.resultBytes;
    const most = budget.isSpent ? memory.leastResultBytes : memory.resultBytes;
    if (batch.resultBytes <= most) return;
    this.#spill();
  }

  #spill(): void {
    if (this.#spilling !== undefined || this.#batch.results.size === 0) return;
    const done = (): void => {
      this.#spilling = undefined;
      this.#count();
    };
    this.#spilling = this.#writeSpill().then(done);
    this.#spilling.catch((error: unknown) => this.#over.abort(error));
  }

  #writeSpill(): Promise<void> {
    return this.#write(() => this.#options.record.spill(this.#batch, this.#signal));
  }

  async #write(save: () => Promise<unknown>): Promise<void> {
    const signal = this.#signal;
    try {
      await retry(save, { ...WRITE_PAUSES, ...this.#retryOptions('saving finished items') });
    } catch (error) {
      signal.throwIfAborted();
      throw new BatchFault('OutcomeUnwritable', errorText(error), { cause: error });
    }
  }

  #retryOptions(doing: BatchAct): { clock: Clock; signal: AbortSignal; onTrouble: (error: unknown) => void } {
    const { clock, onTrouble } = this.#options;
    return { clock, signal: this.#signal, onTrouble: (error) => onTrouble(this.#batch, doing, error) };
  }

  #enter(phase: HeldBatch['phase']): void {
    this.#signal.throwIfAborted();
    this.#batch.enter(phase);
    this.#options.onPhase();
  }
}

const larger = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
