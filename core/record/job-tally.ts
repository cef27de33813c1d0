/** Sums up the events that a worker emits for one job, in bounded memory. */
import type { EventOf, WorkerEvent } from '../contract/events.js';
import type { PhaseTime } from '../contract/fleet-state.js';
import {
  type EndedLeases,
  MOST_BATCHES_LISTED,
  MOST_CODES,
  MOST_MARKS,
  MOST_STEPS,
  type ReceivedAgain,
  type WorkerSummary,
} from '../contract/worker-summary.js';
import { isBalancing } from '../batch/hand-back.js';
import { definedFields } from '../defined-fields.js';
import { DoneTally } from './done-tally.js';
import { ErrorTally } from './error-tally.js';
import { TimeTally } from './time-tally.js';

/** The part of a summary that concerns the job alone; the rest is about the worker. */
export type JobSums = Omit<
  WorkerSummary,
  'version' | 'job' | 'instance' | 'instanceType' | 'zone' | 'startedAtMs' | 'ended' | 'noticeAtMs' | 'spans'
>;

const COUNTS = ['batches', 'ok', 'failed', 'givenUp', 'duplicateItems', 'leaseLostItems', 'unlistedItems'] as const;

export class JobTally {
  readonly #counts = Object.fromEntries(COUNTS.map((name) => [name, 0])) as Record<(typeof COUNTS)[number], number>;
  readonly #handBacks = new Map<string, number>();
  readonly #rebuilds = new Map<string, number>();
  readonly #errors = new ErrorTally(MOST_CODES);
  readonly #items = new TimeTally();
  readonly #batches = new TimeTally();
  readonly #done = new DoneTally();
  readonly #steps: PhaseTime[] = [];
  readonly #again = new Map<number, ReceivedAgain>();
  readonly #leases = new Map<number, { leases: number; last: string | undefined }>();
  readonly #handedBackAtMs: number[] = [];
  #shape: WorkerSummary['shape'];
  #firstAtMs = Infinity;
  #lastAtMs = 0;
  #firstDoneAtMs: number | undefined;
  #slotMemoryBytes: number | undefined;

  /** `atMs` is the event's time. */
  add(event: WorkerEvent, atMs: number): void {
    this.#heard(atMs);
    this.#addLease(event);
    switch (event.code) {
      case 'batch-committed':
        return this.#addCommitted(event, atMs);
      case 'batch-given-up':
        return this.#addGivenUp(event, atMs);
      case 'batch-duplicate':
        this.#counts.duplicateItems += event.items;
        return;
      case 'lease-lost':
        this.#counts.leaseLostItems += event.items;
        return;
      case 'batch-handed-back':
        addOne(this.#handBacks, event.reason, 1);
        if (!isBalancing(event.reason)) this.#mark([atMs]);
        return;
      case 'slot-rebuilt':
        return addOne(this.#rebuilds, event.reason, 1);
      case 'model-phase':
        return this.#step({ phase: event.phase, ms: event.ms, ...definedFields({ bytes: event.bytes }) });
      case 'model-ready':
        return this.#step({ phase: 'load', ms: event.loadMs });
      case 'slot-shape': {
        const { slots, concurrency, settled, message } = event;
        this.#shape = { slots, concurrency, settled, reason: message.replace(/\.$/, '') };
        return;
      }
      default:
        return;
    }
  }

  /** Adds the sums of the worker's earlier process. */
  addAll(sums: JobSums): void {
    this.#heard(sums.firstAtMs);
    this.#heard(sums.lastAtMs);
    this.#committedAt(sums.firstDoneAtMs);
    this.#usedMemory(sums.slotMemoryBytes);
    for (const name of COUNTS) this.#counts[name] += sums[name];
    for (const [reason, times] of Object.entries(sums.handBacks)) addOne(this.#handBacks, reason, times);
    for (const [reason, times] of Object.entries(sums.rebuilds)) addOne(this.#rebuilds, reason, times);
    this.#errors.addAll(sums.errors, sums.otherErrors);
    this.#items.addAll(sums.itemTimes);
    this.#batches.addAll(sums.batchTimes);
    this.#done.addAll(sums.done);
    for (const step of [...sums.steps, ...this.#steps.splice(0)]) this.#step(step);
    for (const again of sums.receivedAgain) this.#addAgain(again);
    for (const { batch, leases } of sums.endedLeases) this.#endLeases(batch, leases, undefined);
    this.#mark(sums.handedBackAtMs);
    this.#shape ??= sums.shape;
  }

  sums(): JobSums {
    return {
      firstAtMs: Math.min(this.#firstAtMs, this.#lastAtMs),
      lastAtMs: this.#lastAtMs,
      ...definedFields({
        firstDoneAtMs: this.#firstDoneAtMs,
        shape: this.#shape,
        slotMemoryBytes: this.#slotMemoryBytes,
      }),
      ...this.#counts,
      steps: this.#steps,
      done: this.#done.slots(),
      itemTimes: this.#items.counts(),
      batchTimes: this.#batches.counts(),
      handBacks: Object.fromEntries(this.#handBacks),
      rebuilds: Object.fromEntries(this.#rebuilds),
      receivedAgain: [...this.#again.values()].sort((a, b) => a.batch - b.batch),
      endedLeases: [...this.#leases]
        .map(([batch, { leases }]): EndedLeases => ({ batch, leases }))
        .sort((a, b) => a.batch - b.batch),
      errors: this.#errors.errors(),
      otherErrors: this.#errors.others,
      handedBackAtMs: [...this.#handedBackAtMs].sort((a, b) => a - b),
    };
  }

  #addCommitted(event: EventOf<'batch-committed'>, atMs: number): void {
    const { ok, failed, resumed, receives = 1, computeMs, heldMs, errors = [], batch } = event;
    this.#counts.batches += 1;
    this.#counts.ok += ok;
    this.#counts.failed += failed;
    this.#errors.addAll(errors, Math.max(0, failed - errors.reduce((sum, { count }) => sum + count, 0)));
    this.#done.add(atMs, ok + failed);
    this.#committedAt(atMs);
    this.#batches.add(heldMs);
    this.#usedMemory(event.slotMemoryBytes);
    const computed = ok + failed - resumed;
    if (computed > 0) this.#items.add(computeMs / computed, computed);
    if (receives > 1 && batch !== undefined) this.#addAgain({ batch, receives, items: ok + failed, resumed });
  }

  #addGivenUp({ errors = [] }: EventOf<'batch-given-up'>, atMs: number): void {
    const failed = errors.reduce((sum, { count }) => sum + count, 0);
    this.#counts.givenUp += 1;
    this.#counts.failed += failed;
    this.#errors.addAll(errors);
    if (failed > 0) this.#done.add(atMs, failed);
    this.#committedAt(atMs);
  }

  /** One lease may have several of these events, which then come one after the other. */
  #addLease({ code, batch, lease }: WorkerEvent): void {
    if (batch === undefined || lease === undefined || !ENDS_A_LEASE.has(code)) return;
    if (this.#leases.get(batch)?.last !== lease) this.#endLeases(batch, 1, lease);
  }

  /** A lease that has no room is not known to have ended, so the bound of lost items only grows. */
  #endLeases(batch: number, leases: number, last: string | undefined): void {
    const known = this.#leases.get(batch);
    if (known === undefined && this.#leases.size >= MOST_BATCHES_LISTED) return;
    this.#leases.set(batch, { leases: (known?.leases ?? 0) + leases, last: last ?? known?.last });
  }

  #addAgain(again: ReceivedAgain): void {
    if (this.#again.size < MOST_BATCHES_LISTED) this.#again.set(again.batch, again);
    else this.#counts.unlistedItems += (again.receives - 1) * again.items;
  }

  /** Later slots load the model while the first one works. */
  #step(step: PhaseTime): void {
    if (step.phase === 'load' && this.#steps.some(({ phase }) => phase === 'load')) return;
    if (this.#steps.length < MOST_STEPS) this.#steps.push(step);
  }

  #mark(times: readonly number[]): void {
    this.#handedBackAtMs.push(...times.slice(0, MOST_MARKS - this.#handedBackAtMs.length));
  }

  #heard(atMs: number): void {
    this.#firstAtMs = Math.min(this.#firstAtMs, atMs);
    this.#lastAtMs = Math.max(this.#lastAtMs, atMs);
  }

  #usedMemory(bytes: number | undefined): void {
    if (bytes !== undefined) this.#slotMemoryBytes = Math.max(this.#slotMemoryBytes ?? 0, bytes);
  }

  #committedAt(atMs: number | undefined): void {
    if (atMs !== undefined) this.#firstDoneAtMs = Math.min(this.#firstDoneAtMs ?? Infinity, atMs);
  }
}

const ENDS_A_LEASE: ReadonlySet<WorkerEvent['code']> = new Set([
  'batch-handed-back',
  'batch-duplicate',
  'batch-dropped',
  'batch-given-up',
  'attempt',
  'lease-lost',
]);

function addOne(counts: Map<string, number>, name: string, times: number): void {
  counts.set(name, (counts.get(name) ?? 0) + times);
}
