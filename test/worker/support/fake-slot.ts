/** Slots without processes. An item takes `msPerItem` of the test's clock, and the test decides its outcome. */
import { encodeOutputLine, encodeResultLine, failedLine } from '../../../core/contract/result-line.js';
import type {
  BatchComputation,
  Slot,
  BatchItem,
  BatchWork,
  ComputedItem,
  PreparedModel,
} from '../../../worker/slot/slot.js';
import { untilAborted } from '../../../worker/until-aborted.js';
import type { Clock } from '../../../worker/ports.js';

export interface FakeModel {
  msPerItem: number;
  /** The memory that a look at its slot shows. */
  memoryBytes: number | undefined;
  /** Awaited before a model is loaded. */
  whenReady: (modelKey: string) => Promise<void> | undefined;
  /** How much longer than its pace the next item takes. */
  delayOnceMs: number;
  /** Returns an end that replaces the computation. */
  end: (work: BatchWork, slot: Slot) => BatchComputation | undefined;
  output: (item: BatchItem) => ComputedItem;
  readonly loads: string[];
  readonly computed: number[];
  /** The number of batches that are computed now, and its maximum. */
  running: number;
  mostRunning: number;
  computers: number;
  closed: number;
}

export function fakeModel(): FakeModel {
  return {
    msPerItem: 100,
    memoryBytes: undefined,
    whenReady: () => undefined,
    delayOnceMs: 0,
    end: () => undefined,
    output: (item) =>
      item.input.kind === 'item'
        ? { index: item.index, ok: true, line: encodeOutputLine(item.index, item.input.json) }
        : { index: item.index, ok: false, line: encodeResultLine(failedLine(item.index, item.input.error)) },
    loads: [],
    computed: [],
    running: 0,
    mostRunning: 0,
    computers: 0,
    closed: 0,
  };
}

export class FakeSlot implements Slot {
  modelKey: string | undefined;
  isLoading = false;
  #wasAsked = false;
  #last: Promise<unknown> = Promise.resolve();

  readonly #model: FakeModel;
  readonly #clock: Clock;

  constructor(model: FakeModel, clock: Clock) {
    this.#model = model;
    this.#clock = clock;
    model.computers += 1;
  }

  get msPerItem(): number | undefined {
    return this.isLoading ? undefined : this.#model.msPerItem;
  }

  async usage(): Promise<undefined> {
    return undefined;
  }

  memoryOf(): number | undefined {
    return this.#model.memoryBytes;
  }

  warm(model: PreparedModel): void {
    if (this.modelKey === model.modelKey) return;
    this.modelKey = model.modelKey;
    this.#model.loads.push(model.modelKey);
  }

  /** Computes batches one after another, as a slot does. */
  compute(work: BatchWork): Promise<BatchComputation> {
    const computation = this.#last.then(() => this.#takeTurn(work));
    this.#last = computation;
    return computation;
  }

  async #takeTurn(work: BatchWork): Promise<BatchComputation> {
    if (work.signal.aborted) return { kind: 'aborted' };
    work.onStart?.();
    this.warm(work.model);
    const ready = this.#model.whenReady(work.model.modelKey);
    if (ready !== undefined) {
      this.isLoading = true;
      await untilAborted(ready, work.signal).catch(() => undefined);
      this.isLoading = false;
      if (work.signal.aborted) return { kind: 'aborted' };
    }
    const end = this.#model.end(work, this);
    if (end?.kind === 'unable') this.modelKey = undefined;
    if (end !== undefined) return end;
    this.#model.running += 1;
    this.#model.mostRunning = Math.max(this.#model.mostRunning, this.#model.running);
    try {
      const items = [...work.items];
      for (let at = 0; at < items.length; at += 1) {
        const item = items[at] as BatchItem;
        await work.beforeSlice?.();
        work.onInSlot?.([item.index], !this.#wasAsked);
        this.#wasAsked = true;
        if (at === items.length - 1) items.push(...(work.further?.take(0) ?? []));
        if (at === items.length - 1) work.onNearlyDone?.();
        const { delayOnceMs, msPerItem } = this.#model;
        this.#model.delayOnceMs = 0;
        await this.#clock.sleep(msPerItem + delayOnceMs, work.signal);
        this.#model.computed.push(item.index);
        work.onComputed([this.#model.output(item)]);
      }
      return { kind: 'computed' };
    } catch {
      return { kind: 'aborted' };
    } finally {
      this.#model.running -= 1;
    }
  }

  async close(): Promise<void> {
    this.#model.closed += 1;
  }
}
