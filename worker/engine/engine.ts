/**
 * The worker: takes batches while it may, lets each live (batch-life.ts), and ends itself (R3, R6, R9).
 *
 * It is taking until it begins, once and for ever, to drain (drain.ts).
 * Invariants:
 * - Held at most: a batch in each slot, as many ahead as core/batch/lease-ahead.ts allows by the measured pace, and a few being committed.
 * - Once it drains it asks for nothing more, and whatever an open poll still brings is handed back at once.
 * - It leaves idle only when it holds nothing and its last poll came back empty, and no poll is open while it takes a ticket.
 * - Trouble is told, and tried again after a pause; no fault of S3, SQS or the metadata ends the worker.
 */
import { errorText } from '../../core/error-text.js';
import { decodeBatchMessage } from '../../core/contract/batch-message.js';
import type { HandBackReason } from '../../core/contract/events.js';
import { decideLeaseAhead, type LeaseAhead } from '../../core/batch/lease-ahead.js';
import { PipelinePace } from '../../core/batch/pipeline-pace.js';
import { definedFields } from '../../core/defined-fields.js';
import { shorten } from '../../core/shorten.js';
import type { StatusView } from '../events/status-board.js';
import { type Lease, LeaseKeeper } from '../lease/lease-keeper.js';
import type { Notice, ReceivedMessage } from '../ports.js';
import { BatchLife } from '../batch/batch-life.js';
import { BatchRecord } from '../batch/batch-record.js';
import { Bell } from './bell.js';
import { ByteBudget } from '../batch/byte-budget.js';
import { Contact } from './contact.js';
import { Drain } from './drain.js';
import type { EndReason, EngineOptions } from './engine-options.js';
import { ExitTickets } from './exit-tickets.js';
import { foresee, mostCommitting } from './foresight.js';
import { HeldBatch } from '../batch/held-batch.js';
import { HeldBatches } from '../batch/held-batches.js';
import { Intake } from './intake.js';
import { JobBook, MARKS_EVERY_MS } from './job-book.js';
import { memoryLimitsFor } from '../batch/memory-limits.js';
import { ModelShelf } from './model-shelf.js';
import { watchNotices } from './notice-watch.js';
import { Outdated } from './outdated.js';
import { SlotPool } from '../slot/slot-pool.js';
import { spareSlots } from './slow-models.js';
import { SlotShapeKeeper } from '../slot/slot-shape-keeper.js';
import { WayForOthers } from './way-for-others.js';

/** A poll answers at once when there is work; when there is none, this is how late an end is noticed. */
const POLL_SECONDS = 2;
/** While idle the fleet's state is read between polls. */
const IDLE_POLL_SECONDS = 1;
/** What comes after so long without work is taken for a new job. */
const REST_MS = 2_000;
/** At risk of a reclaim: what would be lost without a notice. */
const SAVE_EVERY_MS = 10_000;
/** For the batch in hand when the worker's life is over, it is too old, or a model cannot be used: then it is saved. */
const LAST_BATCH_MS = 600_000;
/** Cheap: it looks at two times. */
const CONTACT_EVERY_MS = 1_000;

export class Engine {
  readonly held = new HeldBatches();
  readonly #bell: Bell;
  readonly #pace = new PipelinePace();
  readonly #intake: Intake;
  readonly #drain: Drain;
  /** Aborts when the worker has ended. */
  readonly #life = new AbortController();
  /** Aborts the open poll and the idle worker's looks. */
  readonly #taking = new AbortController();
  readonly #budget: ByteBudget;
  readonly #leases: LeaseKeeper;
  readonly #jobs: JobBook;
  readonly #slots: SlotPool;
  readonly #shapes: SlotShapeKeeper;
  readonly #record: BatchRecord;
  readonly #batchLife: BatchLife;
  readonly #tickets: ExitTickets;
  readonly #outdated: Outdated;
  readonly #way: WayForOthers;
  #notice: Notice['kind'] | undefined;
  /** The slots beside the wanted ones. */
  #spareSlots = 0;
  #started = false;
  #ended = false;
  #heldAtEnd = 0;
  #idleSinceMs: number;

  readonly #options: EngineOptions;
  readonly #contact: Contact;

  constructor(given: EngineOptions) {
    this.#contact = new Contact(given.clock);
    const options = { ...given, queue: this.#contact.queue(given.queue), store: this.#contact.store(given.store) };
    this.#options = options;
    const { clock, events, instance, queue, store } = options;
    const { memory = memoryLimitsFor(options.cpus) } = options;
    const { signal } = this.#life;
    this.#budget = options.budget ?? new ByteBudget(memory.budgetBytes);
    this.#idleSinceMs = clock.nowMs();
    this.#bell = new Bell(clock);
    this.#intake = new Intake({
      ...options,
      signal: this.#taking.signal,
      onMessages: (messages, elapsedMs) => this.#receive(messages, elapsedMs),
      onTrouble: (error) => this.#trouble('polling the queue', error),
      onChange: () => this.#bell.ring(),
    });
    this.#drain = new Drain({
      clock,
      held: this.held,
      pollMs: POLL_SECONDS * 1000,
      signal,
      onChange: () => this.#bell.ring(),
      stopTaking: () => this.#taking.abort(),
    });
    this.#leases = new LeaseKeeper({
      queue,
      clock,
      leaseSeconds: options.leaseSeconds,
      onLost: (lease) => this.held.stopLease(lease, 'lost'),
      onOld: (lease) => this.held.stopLease(lease, 'twelve-hours'),
      onTrouble: (error) => this.#trouble('beating leases', error),
    });
    this.#jobs = new JobBook(store, clock, signal);
    this.#shapes = new SlotShapeKeeper({ ...options, signal, onShape: () => this.#fitSlots() });
    this.#slots = new SlotPool(this.#shapes.watched(options.makeComputer), clock);
    this.#record = new BatchRecord(store, instance, memory);
    this.#tickets = new ExitTickets({ instance, store, clock, events, random: options.random });
    this.#outdated = new Outdated({ ...options, leases: this.#leases, signal, onSettled: () => this.#bell.ring() });
    const { held } = this;
    const leases = this.#leases;
    const tickets = this.#tickets;
    this.#way = new WayForOthers({ ...options, held, leases, tickets, signal, onSlots: () => this.#fitSlots() });
    this.#batchLife = new BatchLife({
      ...options,
      leases: this.#leases,
      jobs: this.#jobs,
      models: new ModelShelf(options.prepareModel),
      slots: this.#slots,
      record: this.#record,
      reader: { store, storeOf: options.storeOf },
      budget: this.#budget,
      memory,
      pace: this.#pace,
      signal,
      onJob: (manifest) => this.#shapes.enter(manifest),
      onPhase: () => this.#bell.ring(),
      onUnable: (job) => this.#beginUnable(job),
      drainReason: () => this.#handBackReason(),
    });
  }

  /** Batches that were still held when the worker ended. */
  get leftBehind(): number {
    return this.#heldAtEnd;
  }

  get status(): StatusView {
    const notice = this.#notice === undefined ? {} : { notice: this.#notice };
    const { status: shape } = this.#shapes;
    return {
      phase: this.#phase(),
      slots: this.#slots.size - this.#spareSlots,
      ...definedFields({ shape }),
      ...notice,
    };
  }

  /** Works until the worker has to end; `stop` is SIGTERM. */
  async run(stop: AbortSignal): Promise<EndReason> {
    const loops = this.#startLoops();
    const onStop = (): void => this.#drain.begin('stopped', 0);
    stop.addEventListener('abort', onStop);
    if (stop.aborted) onStop();
    try {
      return await this.#takeBatches();
    } finally {
      stop.removeEventListener('abort', onStop);
      this.#ended = true;
      this.#heldAtEnd = this.held.size;
      this.#taking.abort();
      this.#life.abort();
      this.#bell.stop();
      await Promise.all([...loops, this.#slots.close()]);
    }
  }

  async #takeBatches(): Promise<EndReason> {
    for (;;) {
      if (this.#drain.reason !== undefined) return this.#drained();
      if (this.held.size === 0) {
        if (this.#intake.takeEmpty() && (await this.#mayLeave())) return 'ticket';
        // Also when polls fail: an instance that cannot reach its queue must not live for ever (R9).
        const idleMs = this.#options.clock.nowMs() - this.#idleSinceMs;
        if (!this.#intake.isOpen && idleMs >= this.#options.maxIdleMs) return 'idle';
        if (this.#drain.reason !== undefined) continue;
      }
      const next = this.#decide();
      this.#intake.ask(next.ask, this.held.size === 0 ? IDLE_POLL_SECONDS : POLL_SECONDS);
      const { queueWasEmpty } = this.#intake;
      this.held.stopSurplus(next.surplus, { nowMs: this.#options.clock.nowMs(), queueWasEmpty });
      await this.#bell.next(next.againInMs);
    }
  }

  #decide(): LeaseAhead {
    const { held } = this;
    const intake = this.#intake;
    const notice = this.#notice;
    const pace = this.#pace;
    const slots = this.#slots;
    const nowMs = this.#options.clock.nowMs();
    if (held.size === 0 && nowMs - this.#idleSinceMs > REST_MS) pace.forgetBatches();
    this.#way.make();
    const seen = foresee({ held, slots: slots.size, pace, nowMs, slow: this.#way.slow });
    const next = decideLeaseAhead({ ...seen, asked: intake.asked, atRisk: notice !== undefined });
    // Nothing more will come to be deleted for a while: what is done goes now.
    if (seen.committing === this.held.size) this.#leases.flushDeletions(this.#life.signal);
    const clogged = seen.committing >= mostCommitting(seen) || this.#budget.isSpent;
    const { pauseMs } = this.#way;
    const againInMs = pauseMs > 0 ? Math.min(pauseMs, next.againInMs) : next.againInMs;
    return clogged || pauseMs > 0 ? { ...next, ask: 0, againInMs } : next;
  }

  #receive(messages: readonly ReceivedMessage[], elapsedMs: number): void {
    this.#started = true;
    if (messages.length > 0) this.#pace.received(elapsedMs);
    for (const message of messages) this.#take(message);
  }

  #take(message: ReceivedMessage): void {
    const { clock, events, instance, newLeaseId } = this.#options;
    const lease: Lease = {
      id: `${instance}-${newLeaseId()}`,
      receiptHandle: message.receiptHandle,
      receivedAtMs: clock.nowMs(),
    };
    const needs = this.#outdated.tooNew(message.body);
    if (needs !== undefined) {
      this.#drain.begin('outdated', LAST_BATCH_MS);
      this.#inBackground('handing back a batch', this.#outdated.handBack(lease, needs));
      return;
    }
    const decoded = decodeBatchMessage(message.body);
    if (decoded === undefined) {
      const text = `A message that no version of spotpool known here has written was discarded: ${shorten(message.body, 200)}`;
      events.emit({ code: 'message-discarded', message: text });
      this.#inBackground('discarding a message', this.#leases.delete(lease, this.#life.signal));
      return;
    }
    const left = this.#way.leave(lease, decoded.job);
    if (left !== undefined) return this.#inBackground('leaving a batch to others', left);
    this.#hold(new HeldBatch(decoded, lease, message.receiveCount));
  }

  #hold(batch: HeldBatch): void {
    this.#leases.hold(batch.lease);
    this.held.add(batch);
    if (this.#drain.reason !== undefined) batch.stop('drain');
    this.#inBackground(
      'ending a batch',
      this.#batchLife.live(batch).finally(() => {
        batch.phase = 'gone';
        this.held.delete(batch);
        if (this.held.size === 0) this.#idleSinceMs = this.#options.clock.nowMs();
        this.#bell.ring();
      }),
    );
  }

  async #mayLeave(): Promise<boolean> {
    try {
      return await this.#tickets.tryLeave(this.#taking.signal);
    } catch (error) {
      if (!this.#taking.signal.aborted) this.#trouble("reading the fleet's state", error);
      return false;
    }
  }

  async #drained(): Promise<EndReason> {
    const drain = this.#drain;
    const { held } = this;
    const intake = this.#intake;
    const outdated = this.#outdated;
    this.#leases.hurry(this.#life.signal);
    while ((held.size > 0 || outdated.busy || intake.isOpen) && !drain.graceOver) await this.#bell.next();
    // R3: AWS takes the instance, and does not bill what it interrupts in the first hour; ending it ourselves would be billed.
    // A notice that nobody carries out does not keep it for ever (R9).
    const { clock, maxIdleMs } = this.#options;
    for (;;) {
      const leftMs = drain.deadlineMs + maxIdleMs - clock.nowMs();
      if (drain.reason !== 'interruption' || leftMs <= 0) break;
      await this.#bell.next(leftMs);
    }
    if (drain.reason === 'cut-off') return 'cut-off';
    return this.#notice === 'interruption' ? 'interruption' : (drain.reason ?? 'stopped');
  }

  #onNotice(notice: Notice): void {
    if (this.#notice !== 'interruption') this.#notice = notice.kind;
    if (notice.kind !== 'interruption') return;
    this.#drain.begin('interruption', Math.max(0, notice.takesAtMs - this.#options.clock.nowMs()));
  }

  #beginUnable(job: string): void {
    this.held.stopJob(job, 'unable');
    this.#drain.begin('unable', LAST_BATCH_MS);
  }

  #startLoops(): Promise<void>[] {
    const { clock, events, maxLifeMs, metadata } = this.#options;
    const { signal } = this.#life;
    const onNotice = (notice: Notice): void => this.#onNotice(notice);
    const endLife = async (): Promise<void> => {
      await clock.sleep(maxLifeMs, signal).catch(() => undefined);
      if (!signal.aborted) this.#drain.begin('life', LAST_BATCH_MS);
    };
    return [
      this.#leases.run(signal),
      watchNotices({ metadata, clock, events, onNotice }, signal),
      this.#every(MARKS_EVERY_MS, 'looking whether jobs are over', () => this.#stopOverJobs()),
      this.#every(CONTACT_EVERY_MS, 'looking whether queue and bucket answer', async () => this.#endWhenCutOff()),
      this.#every(MARKS_EVERY_MS, 'looking for work of other jobs', () => this.#way.look()),
      this.#every(SAVE_EVERY_MS, 'saving finished items', () => this.#saveWhileAtRisk()),
      endLife(),
    ];
  }

  async #every(ms: number, doing: string, act: () => Promise<void>): Promise<void> {
    const { signal } = this.#life;
    while (!signal.aborted) {
      await this.#options.clock.sleep(ms, signal).catch(() => undefined);
      if (signal.aborted) return;
      await act().catch((error: unknown) => this.#trouble(doing, error));
    }
  }

  /** Also with batches in hand: nobody will ever have their results, and others have the batches by their leases (R9). */
  #endWhenCutOff(): void {
    if (this.#contact.lostForMs >= this.#options.maxIdleMs) this.#drain.begin('cut-off', 0);
  }

  async #stopOverJobs(): Promise<void> {
    for (const job of this.held.jobs) {
      const end = await this.#jobs.end(job);
      if (end === 'cancelled' || end === 'failed') this.held.stopJob(job, end);
    }
  }

  async #saveWhileAtRisk(): Promise<void> {
    if (this.#notice === undefined || this.#drain.reason !== undefined) return;
    // One that cannot be saved keeps no other from it.
    const saved = await Promise.allSettled(
      this.held.computing.map((batch) => this.#record.savePartial(batch, this.#life.signal)),
    );
    for (const save of saved) if (save.status === 'rejected') throw save.reason;
  }

  #fitSlots(): void {
    if (this.#ended) return;
    const wanted = this.#shapes.slotsFor(this.held);
    const { slow } = this.#way;
    this.#spareSlots = spareSlots(slow, wanted);
    this.#slots.resize(wanted + this.#spareSlots, slow.modelKeys);
    this.#bell.ring();
  }

  #handBackReason(): HandBackReason {
    return this.#drain.reason === 'interruption' || this.#notice === 'interruption' ? 'interruption' : 'draining';
  }

  #phase(): StatusView['phase'] {
    if (this.#ended) return 'ended';
    if (this.#drain.reason !== undefined) return 'draining';
    if (this.held.size > 0) return 'busy';
    return this.#started ? 'idle' : 'starting';
  }

  #inBackground(doing: string, work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!this.#life.signal.aborted) this.#trouble(doing, error);
    });
  }

  #trouble(doing: string, error: unknown): void {
    const message = `There was trouble ${doing}; it is tried again: ${errorText(error)}`;
    this.#options.events.emit({ code: 'trouble', doing, message });
  }
}
