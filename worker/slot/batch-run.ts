/**
 * Computes one batch on one slot. It carries out what the outcome machine decides (core/batch/outcome-machine.ts),
 * passes on the results that the machine confirms, and decides nothing itself.
 */
import type { Verdict } from '../../core/batch/doubts.js';
import { withSentence } from '../../core/contract/log-end.js';
import { OutcomeMachine, type SlotLoss, type Step } from '../../core/batch/outcome-machine.js';
import { encodeOutputLine, encodeResultLine, failedLine } from '../../core/contract/result-line.js';
import { itemsThatFit, type SlicePace } from '../../core/batch/slice-size.js';
import type { SlotMemory } from '../../core/batch/slot-memory.js';
import type { Clock } from '../ports.js';
import type { BatchComputation, BatchItem, BatchWork, ComputedItem, SlotEvent } from './slot.js';
import { SliceTimes } from './slice-times.js';
import { errorOfEnd, type SlotEnd } from './slot-end.js';
import type { SlotAnswer, SlotItem, SlotProcess } from './slot-process.js';

export type LoadResult =
  { readonly kind: 'loaded'; readonly process: SlotProcess } | { readonly kind: 'unable'; readonly message: string };

export interface BatchRunOptions {
  readonly work: BatchWork;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly memory: SlotMemory<SlotItem>;
  readonly pace: SlicePace;
  /** Resolves when the model is loaded, or could not be loaded. */
  readonly loaded: () => Promise<LoadResult>;
  readonly reload: () => Promise<LoadResult>;
  /** Ends the slot's process without waiting for it. */
  readonly end: () => void;
  readonly emit: (event: SlotEvent) => void;
}

/**
 * A slice that takes longer gains nothing when the next one is sent ahead, and an idle slot might have taken that batch
 * by then.
 */
const NEARLY_DONE_MS = 250;

interface Ahead {
  readonly process: SlotProcess;
  readonly positions: readonly number[];
}

export class BatchRun {
  /** The items by position. Decided ones are no longer held, because a work that batches join may be long. */
  readonly #items: SlotItem[];
  readonly #positionOf: Map<number, number>;
  readonly #wanted: () => number;
  #machine: OutcomeMachine<SlotItem>;
  #ahead: Ahead | undefined;
  readonly #slices: SliceTimes;
  readonly #computed: ComputedItem[] = [];
  readonly #abort: Promise<undefined>;
  #resolveAbort: (value: undefined) => void = () => undefined;
  /** How many slices the model takes at once, as it said when it was ready. */
  #maxSlices = Infinity;
  #probing = false;
  #slotEnd: SlotEnd | undefined;
  #wake: () => void = () => undefined;
  /**
   * Removes this batch's handlers from the process, because a slot outlives its batches and must not keep them in
   * memory.
   */
  #detach: () => void = () => undefined;

  readonly #options: BatchRunOptions;

  constructor(options: BatchRunOptions) {
    this.#options = options;
    const { clock, pace, work } = options;
    this.#slices = new SliceTimes(pace, clock);
    this.#items = goodItems(work.items);
    this.#positionOf = new Map(this.#items.map(({ index }, position) => [index, position]));
    this.#abort = new Promise((resolve) => {
      this.#resolveAbort = resolve;
    });
    const { concurrency } = work.model.options;
    const fixed = concurrency === 'auto' ? 1 : concurrency;
    this.#wanted = work.concurrency ?? ((): number => fixed);
    this.#machine = this.#newMachine();
  }

  /** Whether the run belongs to the model that is loaded now. */
  isOf(memory: SlotMemory<SlotItem>): boolean {
    return this.#options.memory === memory;
  }

  /**
   * Sends the first slice while the slot computes another batch, if that is safe. The caller then calls `run` or
   * `dropAhead`.
   */
  sendAhead(process: SlotProcess): void {
    const { work } = this.#options;
    // A slice that is dropped is computed all the same, and its files must still exist then.
    const isSafe = work.itemsEndWithBatch !== true && work.beforeSlice?.() === undefined;
    const mayBe = process.limits.takesAhead && this.#wanted() === 1 && isSafe;
    if (!mayBe || this.#items.length === 0) return;
    this.#gather(process);
    const step = this.#machine.next((positions, lanes) => this.#take(positions, lanes, process));
    if (step.kind !== 'send') throw new Error(`The first step of a batch is ${step.kind}.`);
    if (process.sendAhead(this.#itemsAt(step.positions), work.job)) {
      this.#ahead = { process, positions: step.positions };
      this.#announce(step.positions, false);
    } else this.#machine = this.#newMachine();
  }

  /** The process gets written to in a later step of the event loop, so the hook is called in time. */
  #announce(positions: Iterable<number>, isFirst: boolean): void {
    this.#options.work.onInSlot?.(
      this.#itemsAt([...positions]).map(({ index }) => index),
      isFirst,
    );
  }

  /** Drops a slice that was sent ahead and not adopted. */
  dropAhead(): void {
    this.#ahead?.process.forgetAhead();
    this.#ahead = undefined;
  }

  #newMachine(): OutcomeMachine<SlotItem> {
    const concurrency = (): number => Math.min(this.#wanted(), this.#maxSlices);
    return new OutcomeMachine({ items: this.#items, concurrency, memory: this.#options.memory });
  }

  async run(): Promise<BatchComputation> {
    const { memory, signal, work } = this.#options;
    this.#passOnBadItems(work.items);
    if (work.itemsEndWithBatch === true) memory.forgetItems();
    const onAbort = (): void => {
      this.#resolveAbort(undefined);
      this.#wake();
    };
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    const { further } = work;
    if (further !== undefined) further.onWaiting = (): void => this.#wake();
    try {
      return await this.#compute();
    } finally {
      if (further !== undefined) further.onWaiting = (): void => undefined;
      signal.removeEventListener('abort', onAbort);
      this.dropAhead();
      this.#detach();
      if (work.itemsEndWithBatch === true) memory.forgetItems();
    }
  }

  async #compute(): Promise<BatchComputation> {
    if (this.#items.length === 0) return { kind: 'computed' };
    const { signal } = this.#options;
    let process = await this.#load(this.#options.loaded);
    if ('kind' in process) return process;
    for (;;) {
      this.#passOn();
      if (signal.aborted) return this.#aborted();
      if (this.#slotEnd !== undefined) this.#lost(this.#slotEnd);
      this.#gather(process);
      const step = this.#machine.next((positions, lanes) => this.#take(positions, lanes, process as SlotProcess));
      switch (step.kind) {
        case 'finished':
          this.#passOn();
          return { kind: 'computed' };
        case 'attempt':
          this.#passOn();
          this.#options.end(); // the process may be alive, but broken
          return step;
        case 'wait':
          await this.#event();
          break;
        case 'send':
          await Promise.race([this.#options.work.beforeSlice?.(), this.#abort]);
          if (signal.aborted) return this.#aborted();
          await this.#send(step.positions, process);
          break;
        case 'probe':
          await this.#probe(step.item, process);
          break;
        case 'rebuild': {
          this.#passOn();
          const rebuilt = await this.#rebuild(step);
          if ('kind' in rebuilt) return rebuilt;
          process = rebuilt;
        }
      }
    }
  }

  async #load(load: () => Promise<LoadResult>): Promise<SlotProcess | BatchComputation> {
    // The load goes on after the batch was stopped, because the next batch wants the same model.
    const result = await Promise.race([load(), this.#abort]);
    if (result === undefined || this.#options.signal.aborted) return { kind: 'aborted' };
    if (result.kind === 'unable') return result;
    this.#attach(result.process);
    return result.process;
  }

  #attach(process: SlotProcess): void {
    this.#maxSlices = process.limits.maxConcurrency ?? Infinity;
    this.#detach();
    this.#slotEnd = process.endedWith;
    process.onAnswer = (answer) => {
      this.#answered(answer);
    };
    process.onEnd = (end) => {
      this.#slotEnd = end;
      this.#wake();
    };
    this.#detach = () => {
      process.onAnswer = () => undefined;
      process.onEnd = () => undefined;
    };
    this.#adoptAhead(process);
  }

  /**
   * Takes over the slice that was sent ahead. If the process is gone, the slice counts as never begun: it is sent
   * again, and no item is blamed.
   */
  #adoptAhead(process: SlotProcess): void {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead === undefined) return;
    if (ahead.process !== process || process.isOver) {
      this.#machine = this.#newMachine();
      return;
    }
    // If answers had already arrived, their time is unknown, and the slice gives no measurement.
    this.#slices.sent(ahead.positions, !process.keepsAnswers);
    process.adoptAhead({ itemTimeoutMs: this.#itemTimeoutMs });
    this.#reportNearlyDone(ahead.positions.length);
  }

  async #rebuild(step: Extract<Step<SlotItem>, { kind: 'rebuild' }>): Promise<SlotProcess | BatchComputation> {
    this.#options.emit({
      kind: 'rebuilt',
      reason: step.reason,
      message: withSentence(step.message, 'The model is loaded again for the items that have no result yet.'),
    });
    const process = await this.#load(this.#options.reload);
    if (!('kind' in process)) this.#machine.rebuilt();
    return process;
  }

  /** Lets waiting batches join while the slot could do more at once, or in one slice, than it has items for. */
  #gather(process: SlotProcess): void {
    const { pace, work } = this.#options;
    if (work.further === undefined) return;
    const lanes = Math.min(this.#wanted(), this.#maxSlices) - this.#machine.slicesInFlight;
    const room = Math.max(0, lanes) * pace.nextItems(process.limits.maxSliceItems, this.#sliceMs(process));
    for (let taken = 0; this.#machine.mayAdd && this.#machine.queuedItems < room; taken += 1) {
      const items = work.further.take(taken);
      if (items.length === 0) return;
      const from = this.#items.length;
      this.#items.push(...goodItems(items));
      for (let at = from; at < this.#items.length; at += 1) this.#positionOf.set(this.#itemAt(at).index, at);
      this.#machine.added(from);
      this.#passOnBadItems(items);
    }
  }

  #take(positions: readonly number[], lanes: number, process: SlotProcess): number {
    const share = Math.ceil(positions.length / lanes);
    return itemsThatFit(
      lengths(this.#items, positions),
      Math.min(share, this.#options.pace.nextItems(process.limits.maxSliceItems, this.#sliceMs(process))),
    );
  }

  /** A model that answers at the end of a slice must do so well within the time for an item. */
  #sliceMs({ limits: { sliceSeconds } }: SlotProcess): number | undefined {
    return sliceSeconds === undefined ? undefined : Math.min(sliceSeconds * 1000, this.#itemTimeoutMs / 4);
  }

  async #send(positions: readonly number[], process: SlotProcess): Promise<void> {
    this.#slices.sent(positions, true);
    this.#announce(this.#slices.positions, !process.wasAsked);
    await this.#ask(this.#itemsAt(positions), process);
    if (process.limits.takesAhead) this.#reportNearlyDone(positions.length);
  }

  /** `items` is the size of the slice that was given to the model last. */
  #reportNearlyDone(items: number): void {
    const { pace, work } = this.#options;
    const isLast = this.#machine.allAsked && this.#wanted() === 1;
    if (isLast && items * (pace.msPerItem ?? Infinity) <= NEARLY_DONE_MS) work.onNearlyDone?.();
  }

  #itemsAt(positions: readonly number[]): readonly SlotItem[] {
    return positions.map((position) => this.#itemAt(position));
  }

  #itemAt(position: number): SlotItem {
    return this.#items[position] as SlotItem;
  }

  get #itemTimeoutMs(): number {
    return this.#options.work.model.options.itemTimeoutSeconds * 1000;
  }

  async #probe(item: SlotItem, process: SlotProcess): Promise<void> {
    this.#probing = true;
    await this.#ask([item], process);
  }

  async #ask(items: readonly SlotItem[], process: SlotProcess): Promise<void> {
    const { work } = this.#options;
    const sent = process.send(items, { job: work.job, itemTimeoutMs: this.#itemTimeoutMs });
    // Slices are written one after another, but an abort does not wait for a model that reads nothing.
    await Promise.race([sent, this.#abort]);
  }

  #answered(answer: SlotAnswer): void {
    const error = 'error' in answer ? answer.error : undefined;
    if (this.#probing) {
      this.#probing = false;
      this.#accept(this.#machine.probed(error));
    } else {
      const position = this.#positionOf.get(answer.index);
      if (position === undefined) return;
      this.#slices.answered(position);
      const outputLine = 'error' in answer ? undefined : encodeOutputLine(answer.index, answer.outputJson);
      this.#accept(this.#machine.answered(position, error), outputLine);
    }
    this.#wake();
  }

  /** `outputLine` belongs to the one verdict that has no error. */
  #accept(verdicts: readonly Verdict[], outputLine?: string): void {
    for (const { position, error } of verdicts) {
      const { index } = this.#itemAt(position);
      this.#items[position] = { index, json: '' };
      this.#positionOf.delete(index);
      if (error !== undefined) {
        this.#computed.push({ index, ok: false, line: encodeResultLine(failedLine(index, error)) });
      } else if (outputLine !== undefined) this.#computed.push({ index, ok: true, line: outputLine });
    }
  }

  #lost(end: SlotEnd): void {
    const loss: SlotLoss = { reason: end.reason === 'stopped' ? 'crashed' : end.reason, error: errorOfEnd(end) };
    this.#slotEnd = undefined;
    this.#probing = false;
    this.#slices.clear();
    this.#accept(this.#machine.lost(loss));
  }

  #aborted(): BatchComputation {
    if (this.#slices.isBusy || this.#probing) this.#options.end();
    return { kind: 'aborted' };
  }

  /** Resolves at the next answer, at the end of the process, or at an abort. */
  async #event(): Promise<void> {
    if (this.#slotEnd !== undefined || this.#options.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  #passOn(): void {
    if (this.#computed.length > 0) this.#options.work.onComputed(this.#computed.splice(0));
  }

  #passOnBadItems(items: readonly BatchItem[]): void {
    const bad = items.flatMap(({ index, input }) =>
      input.kind === 'bad' ? [{ index, ok: false, line: encodeResultLine(failedLine(index, input.error)) }] : [],
    );
    if (bad.length > 0) this.#options.work.onComputed(bad);
  }
}

const goodItems = (items: readonly BatchItem[]): SlotItem[] =>
  items.flatMap(({ index, input }) => (input.kind === 'item' ? [{ index, json: input.json }] : []));

function* lengths(items: readonly SlotItem[], positions: readonly number[]): Iterable<number> {
  for (const position of positions) yield items[position]?.json.length ?? 0;
}
