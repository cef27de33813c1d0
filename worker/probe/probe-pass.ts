/**
 * Computes the items of a probe on one slot, and measures. The slot decides what an answer or a failure means, as on an
 * instance.
 */
import { memberText } from '../../core/contract/json-text.js';
import { decodeResultLine } from '../../core/contract/result-line.js';
import { isLoss } from '../../core/probe/losses.js';
import type {
  ProbeDifference,
  ProbeEvent,
  ProbeFailure,
  ProbeItem,
  ProbeReport,
  ProbeRequest,
  ProbeResult,
} from '../../core/probe/probe.js';
import type { Clock } from '../ports.js';
import { createSlot, type SlotOptions } from '../slot/process-slot.js';
import type { BatchComputation, ComputedItem, PreparedModel, Slot, SlotEvent } from '../slot/slot.js';
import type { LogTail } from './log-tail.js';
import { SliceMeter } from './slice-meter.js';

/**
 * So many items show whether a model works at all. They are computed first, whatever time they take. When none of them
 * is right, the others are not computed.
 */
const FIRST_ITEMS = 8;
/** Each loss costs a load of the model, and three of them show what is wrong. */
const ENOUGH_LOSSES = 3;
/** How often memory and progress are looked at. */
const LOOK_EVERY_MS = 250;
/** People begin to wonder after this time without an answer, and again each time that it has doubled. */
const FIRST_WAIT_MS = 10_000;
/** The host of filters logs it (host/filter-host.ts). */
const MISCOUNTED = /^The filter printed .+? for \d+ items?\./;
/** The job that models see in their context. */
const JOB = 'try';

export interface ProbePassOptions extends Pick<ProbeRequest, 'computeMs'> {
  readonly model: PreparedModel;
  readonly clock: Clock;
  readonly slot: SlotOptions;
  readonly log: LogTail;
  readonly onEvent: (event: ProbeEvent) => void;
}

export type PassReport = Pick<ProbeReport, 'failures' | 'results' | 'slices' | 'busyMs' | 'memoryBytes' | 'log'> &
  Partial<Pick<ProbeReport, 'loadMs' | 'cpuMs'>>;

export class ProbePass {
  readonly #options: ProbePassOptions;

  constructor(options: ProbePassOptions) {
    this.#options = options;
  }

  async run(items: readonly ProbeItem[], signal: AbortSignal): Promise<PassReport> {
    const slot = createSlot(this.#options.slot);
    try {
      return await new Computation(slot, this.#options).run(items, signal);
    } finally {
      await slot.close();
    }
  }
}

class Computation {
  readonly #meter: SliceMeter;
  readonly #results = new Map<number, ProbeResult>();
  readonly #failures: ProbeFailure[] = [];
  /** It is aborted when more items would say nothing new. */
  readonly #enough = new AbortController();
  #losses = 0;
  #loadMs: number | undefined;
  #readyAtMs = Infinity;
  #answeredAtMs: number;

  readonly #slot: Slot;
  readonly #options: ProbePassOptions;

  constructor(slot: Slot, options: ProbePassOptions) {
    this.#slot = slot;
    this.#options = options;
    this.#meter = new SliceMeter(() => slot.usage());
    this.#answeredAtMs = options.clock.nowMs();
  }

  async run(items: readonly ProbeItem[], signal: AbortSignal): Promise<PassReport> {
    const over = new AbortController();
    const watching = this.#watch(AbortSignal.any([signal, over.signal]));
    try {
      await this.#computeAll(items, signal);
    } finally {
      over.abort();
      await watching;
    }
    signal.throwIfAborted();
    const results = items.flatMap(({ index }) => this.#results.get(index) ?? []);
    return { ...this.#meter.sums, ...this.#load, failures: this.#failures, results, log: this.#options.log.lines };
  }

  get #load(): { readonly loadMs?: number } {
    return this.#loadMs === undefined ? {} : { loadMs: this.#loadMs };
  }

  async #computeAll(items: readonly ProbeItem[], signal: AbortSignal): Promise<void> {
    const first = await this.#compute(
      items.slice(0, FIRST_ITEMS),
      signal,
      AbortSignal.any([signal, this.#enough.signal]),
    );
    if (first.kind !== 'computed' || !this.#hasOk) return;
    const work = AbortSignal.any([signal, this.#enough.signal]);
    await this.#compute(items.slice(FIRST_ITEMS), signal, work, () => {
      // Between two slices nothing is under way, so the slot stops at once and loses nothing.
      if (this.#options.clock.nowMs() - this.#readyAtMs >= this.#options.computeMs) this.#enough.abort();
    });
  }

  async #compute(
    items: readonly ProbeItem[],
    signal: AbortSignal,
    work: AbortSignal,
    beforeSlice: () => void = () => undefined,
  ): Promise<BatchComputation> {
    const end = await this.#slot.compute({
      job: JOB,
      batch: 0,
      model: this.#options.model,
      items,
      signal: work,
      beforeSlice: async () => {
        await this.#meter.note();
        beforeSlice();
      },
      onComputed: (computed) => this.#computed(computed),
      onEvent: (event) => this.#happened(event),
    });
    signal.throwIfAborted();
    await this.#meter.note();
    if (end.kind === 'unable') this.#fail({ phase: 'load', message: end.message });
    if (end.kind === 'attempt') this.#fail({ phase: 'item', message: end.error.message });
    return end;
  }

  get #isFilter(): boolean {
    return this.#options.model.spec.start.kind === 'filter';
  }

  get #hasOk(): boolean {
    return [...this.#results.values()].some(({ ok }) => ok);
  }

  #fail(failure: Omit<ProbeFailure, 'log'>): void {
    this.#failures.push({ ...failure, log: this.#options.log.takeNew() });
  }

  #computed(computed: readonly ComputedItem[]): void {
    this.#answeredAtMs = this.#options.clock.nowMs();
    this.#meter.answered(computed.map(({ index }) => index));
    const results = computed.map(resultOf);
    for (const result of results) this.#results.set(result.index, result);
    // A filter's process ends with each slice, so an item's error costs no load.
    if (!this.#isFilter) this.#losses += results.filter(isLoss).length;
    if (this.#losses >= ENOUGH_LOSSES) this.#enough.abort();
    this.#options.onEvent({ kind: 'results', results });
  }

  #happened(event: SlotEvent): void {
    const { log, onEvent, clock } = this.#options;
    // Whoever tries a model reads its log anyway.
    if (event.kind === 'model') return this.#happened({ kind: 'log', line: event.message });
    if (event.kind === 'log') {
      log.add(event.line);
      const [miscounted] = (this.#isFilter && MISCOUNTED.exec(event.line)) || [];
      if (miscounted !== undefined) this.#fail({ phase: 'item', message: miscounted, found: 'lines' });
    }
    const isBroken = event.kind === 'rebuilt' && event.reason === 'broken';
    // A model that gives nothing but errors may be sound: its items are listed with their errors.
    if (event.kind === 'rebuilt' && !(isBroken && !this.#hasOk))
      this.#fail({ phase: 'item', reason: event.reason, message: event.message });
    if (event.kind !== 'ready') return onEvent(event);
    this.#answeredAtMs = clock.nowMs();
    if (this.#loadMs !== undefined) return;
    this.#loadMs = event.loadMs;
    this.#readyAtMs = clock.nowMs();
    onEvent({ kind: 'loaded', ms: event.loadMs });
  }

  /** Looks at the memory, and tells of a model that is silent. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, onEvent } = this.#options;
    let toldMs = FIRST_WAIT_MS / 2;
    while (!signal.aborted) {
      await this.#meter.look();
      const silentMs = clock.nowMs() - this.#answeredAtMs;
      if (silentMs < toldMs) toldMs = FIRST_WAIT_MS / 2;
      if (this.#loadMs !== undefined && silentMs >= 2 * toldMs) {
        toldMs = silentMs;
        onEvent({ kind: 'waiting', silentMs });
      }
      await clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
    }
  }
}

export function resultOf({ index, line }: ComputedItem): ProbeResult {
  const outputJson = memberText(line, 'output');
  if (outputJson !== undefined) return { index, ok: true, outputJson };
  const read = decodeResultLine(line);
  if (read === undefined || read.ok) throw new Error(`This is no result line: ${line}`);
  return { index, ok: false, error: read.error };
}

/**
 * Computes the items again in a fresh process and in the reverse order, so that slices are cut differently. An output
 * that depends on the process or on its neighbours in a slice shows.
 */
export async function compareAgain(
  pass: ProbePass,
  items: readonly ProbeItem[],
  results: readonly ProbeResult[],
  signal: AbortSignal,
): Promise<NonNullable<ProbeReport['repeated']>> {
  const before = new Map(results.map((result) => [result.index, result]));
  const again = await pass.run(items.filter(({ index }) => before.has(index)).toReversed(), signal);
  const differences = again.results
    .flatMap((second): readonly ProbeDifference[] => {
      const first = before.get(second.index);
      return first === undefined || isSame(first, second) ? [] : [{ index: second.index, first, second }];
    })
    .toSorted((a, b) => a.index - b.index);
  return { items: again.results.length, differences };
}

const isSame = (a: ProbeResult, b: ProbeResult): boolean =>
  a.ok ? b.ok && a.outputJson === b.outputJson : !b.ok && a.error.code === b.error.code;
