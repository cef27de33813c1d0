/**
 * The worker's loop: it takes batches while it may, runs the life of each (batch-life.ts), and ends the worker (R3, R6,
 * R9). It takes batches until it begins, once and for good, to drain (drain.ts).
 *
 * Invariants:
 * - The worker holds at most a batch in each slot, as many ahead as core/batch/lease-ahead.ts allows by the measured
 *   pace, and a few being committed.
 * - A draining worker polls no more, and hands back at once whatever an open poll still brings.
 * - The worker leaves idle only when it holds nothing and its last poll came back empty, and no poll is open while it
 *   takes a ticket.
 * - Trouble is reported, and retried after a pause. No fault of S3, SQS or the metadata ends the worker.
 */
import { ALIVE_EVERY_MS } from '../../core/contract/alive-file.js';
import { decodeBatchMessage } from '../../core/contract/batch-message.js';
import type { HandBackReason } from '../../core/contract/events.js';
import { decideLeaseAhead, type LeaseAhead } from '../../core/batch/lease-ahead.js';
import { PipelinePace } from '../../core/batch/pipeline-pace.js';
import { definedFields } from '../../core/defined-fields.js';
import { shorten } from '../../core/shorten.js';
import type { StatusView } from '../events/status-writer.js';
import { type Lease, LeaseKeeper } from '../lease/lease-keeper.js';
import type { Notice, ReceivedMessage } from '../ports.js';
import { BackgroundWork } from './background-work.js';
import { BatchLife } from '../batch/batch-life.js';
import { BatchLosses } from '../losses/batch-losses.js';
import { Isolation } from '../losses/isolation.js';
import { BatchRecord } from '../batch/batch-record.js';
import { ChangeNotifier } from './change-notifier.js';
import { ByteBudget } from '../batch/byte-budget.js';
import { Reachability } from './reachability.js';
import { Drain } from './drain.js';
import type { EndReason, EngineOptions } from './engine-options.js';
import { ExitTickets } from './exit-tickets.js';
import { pipelineView, maxCommitting } from './pipeline-view.js';
import { HeldBatch } from '../batch/held-batch.js';
import { HeldBatches } from '../batch/held-batches.js';
import { type OpenPart, SlotWorks } from '../batch/slot-work.js';
import { LOOK_EVERY_MS, PartialSaver } from './partial-saver.js';
import { QueuePoller } from './queue-poller.js';
import { JobCache, JOBS_EVERY_MS } from '../batch/job-cache.js';
import { memoryLimitsFor } from '../batch/memory-limits.js';
import { PreparedModels } from '../model/prepared-models.js';
import { watchNotices } from './notice-watch.js';
import { VersionCheck } from './version-check.js';
import type { Slot } from '../slot/slot.js';
import { SlotPool } from '../slot/slot-pool.js';
import { spareSlots } from './slow-models.js';
import { SlotShapeKeeper } from '../slot/slot-shape-keeper.js';
import { SlowModelWatch } from './slow-model-watch.js';
import { UnableJobs } from './unable-jobs.js';

/** A poll answers at once when there is work. When there is none, the worker notices an end this late. */
const POLL_SECONDS = 2;
/** An idle worker reads the fleet's state between polls. */
const IDLE_POLL_SECONDS = 1;
/** After a rest this long, the next batch is taken to be of a new job, whose pace is not known yet. */
const NEW_JOB_AFTER_MS = 2_000;
/**
 * The batch in hand may take this long when the worker's life is over, the worker is too old, or it cannot use a model.
 * Then the batch is saved.
 */
const LAST_BATCH_MS = 600_000;
/** The check is cheap: it compares two times. */
const REACHABILITY_EVERY_MS = 1_000;

export class Engine {
  readonly held = new HeldBatches();
  readonly #changes: ChangeNotifier;
  readonly #pace = new PipelinePace();
  readonly #poller: QueuePoller;
  readonly #drain: Drain;
  /** Aborts when the worker has ended. */
  readonly #life = new AbortController();
  /** Aborts the open poll and the idle worker's requests. */
  readonly #taking = new AbortController();
  readonly #budget: ByteBudget;
  readonly #leases: LeaseKeeper;
  readonly #jobs: JobCache;
  readonly #slots: SlotPool<OpenPart>;
  readonly #shapes: SlotShapeKeeper;
  readonly #isolation: Isolation;
  readonly #record: BatchRecord;
  readonly #batchLife: BatchLife;
  readonly #tickets: ExitTickets;
  readonly #versionCheck: VersionCheck;
  readonly #slowModels: SlowModelWatch;
  readonly #unableJobs: UnableJobs;
  #notice: Notice['kind'] | undefined;
  /** The number of slots beyond those that the jobs' shapes ask for (slow-models.ts). */
  #spareSlots = 0;
  #started = false;
  #ended = false;
  #heldAtEnd = 0;
  #idleSinceMs: number;

  readonly #options: EngineOptions;
  readonly #reachability: Reachability;
  readonly #background: BackgroundWork;

  constructor(given: EngineOptions) {
    this.#reachability = new Reachability(given.clock);
    const options = {
      ...given,
      queue: this.#reachability.watchQueue(given.queue),
      store: this.#reachability.watchStore(given.store),
    };
    this.#options = options;
    const { clock, instance, store, memory = memoryLimitsFor(options.cpus) } = options;
    const { held } = this;
    const { signal } = this.#life;
    const onChange = (): void => this.#changes.notify();
    this.#budget = options.budget ?? new ByteBudget(memory.budgetBytes);
    this.#idleSinceMs = clock.nowMs();
    this.#background = new BackgroundWork(options, signal);
    this.#changes = new ChangeNotifier(clock);
    this.#poller = new QueuePoller({
      ...options,
      signal: this.#taking.signal,
      onMessages: (messages, elapsedMs) => this.#receive(messages, elapsedMs),
      onTrouble: (error) => this.#background.reportTrouble('polling the queue', error),
      onChange,
    });
    const stopTaking = (): void => this.#taking.abort();
    this.#drain = new Drain({ clock, held, pollMs: POLL_SECONDS * 1000, signal, onChange, stopTaking });
    const leases = new LeaseKeeper({
      ...options,
      onLost: (lease) => held.stopLease(lease, 'lost'),
      onOld: (lease) => held.stopLease(lease, 'twelve-hours'),
      onTrouble: (error) => this.#background.reportTrouble('beating leases', error),
    });
    this.#leases = leases;
    const onTrouble = (error: unknown): void => this.#background.reportTrouble("reading the fleet's state", error);
    this.#jobs = new JobCache({ store, clock, signal, onTrouble });
    const onShape = (): void => this.#fitSlots();
    const otherSlots = (slot: Slot, modelKey: string): number => this.#slots.othersWith(slot, modelKey);
    this.#shapes = new SlotShapeKeeper({ ...options, signal, otherSlots, onShape });
    this.#slots = new SlotPool(options.makeSlot, clock, options.gpus?.names);
    this.#record = new BatchRecord(store, instance, memory);
    const alone = { held, slots: this.#slots, changes: this.#changes, onChange: onShape };
    const isolation = (this.#isolation = new Isolation(alone));
    const tickets = new ExitTickets(options);
    this.#tickets = tickets;
    this.#versionCheck = new VersionCheck({ ...options, leases, signal, onSettled: onChange });
    this.#slowModels = new SlowModelWatch({ ...options, held, leases, tickets, signal, onChange: onShape });
    const onNoneUsable = (): void => this.#drain.begin('unable', LAST_BATCH_MS);
    this.#unableJobs = new UnableJobs({ ...options, held, leases, jobs: this.#jobs, tickets, signal, onNoneUsable });
    this.#batchLife = new BatchLife({
      ...options,
      leases,
      jobs: this.#jobs,
      models: new PreparedModels(options.prepareModel),
      slots: this.#slots,
      works: new SlotWorks({ slots: this.#slots, shapes: this.#shapes }),
      losses: new BatchLosses({ ...options, record: this.#record, isolation }),
      record: this.#record,
      reader: { store, storeOf: options.storeOf, ...definedFields({ bucket: options.bucket }) },
      budget: this.#budget,
      memory,
      pace: this.#pace,
      signal,
      onJob: (manifest) => this.#shapes.enter(manifest),
      onPhase: onChange,
      onUnable: (job) => this.#beginUnable(job),
      drainReason: () => this.#handBackReason(),
    });
  }

  /** The number of batches that were still held when the worker ended. */
  get leftBehind(): number {
    return this.#heldAtEnd;
  }

  get status(): StatusView {
    const slots = this.#slots.size - this.#spareSlots;
    const { clock, gpus } = this.#options;
    const shown = { shape: this.#shapes.status, gpus: gpus?.status, notice: this.#notice };
    const more = { ...shown, held: this.held.status(clock.nowMs()) };
    return { phase: this.#phase(), slots, ...definedFields(more) };
  }

  /** Works until the worker has to end. `stop` aborts at SIGTERM. */
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
      this.#changes.stop();
      await Promise.all([...loops, this.#slots.close()]);
    }
  }

  async #takeBatches(): Promise<EndReason> {
    for (;;) {
      if (this.#drain.reason !== undefined) return this.#drained();
      if (this.held.size === 0) {
        if (this.#poller.takeEmptyPoll() && (await this.#mayLeave())) return 'ticket';
        // This holds also when polls fail: an instance that cannot reach its queue must not live for ever (R9).
        const idleMs = this.#options.clock.nowMs() - this.#idleSinceMs;
        if (!this.#poller.isOpen && idleMs >= this.#options.maxIdleMs) return 'idle';
        if (this.#drain.reason !== undefined) continue;
      }
      const next = this.#decide();
      this.#poller.request(this.#unableJobs.askFor(next.ask), this.held.size === 0 ? IDLE_POLL_SECONDS : POLL_SECONDS);
      const { queueWasEmpty } = this.#poller;
      this.held.stopSurplus(next.surplus, { nowMs: this.#options.clock.nowMs(), queueWasEmpty });
      await this.#nextTurn(next.againInMs);
    }
  }

  #decide(): LeaseAhead {
    const { held } = this;
    const poller = this.#poller;
    const pace = this.#pace;
    const slots = this.#slots;
    const nowMs = this.#options.clock.nowMs();
    if (held.size === 0 && nowMs - this.#idleSinceMs > NEW_JOB_AFTER_MS) pace.forgetBatches();
    this.#slowModels.update();
    const view = pipelineView({
      held,
      slots: slots.size,
      lanes: this.#shapes.lanes,
      pace,
      nowMs,
      slow: this.#slowModels.slow,
    });
    const next = decideLeaseAhead({ ...view, asked: poller.requested, atRisk: this.#notice !== undefined });
    // No further deletion is coming for a while, so the pending ones are sent now.
    if (view.committing === this.held.size) this.#leases.flushDeletions(this.#life.signal);
    // A batch with which workers have died is computed alone (R4).
    if (this.#isolation.isActive) return { ask: 0, surplus: 0, againInMs: next.againInMs };
    const clogged = view.committing >= maxCommitting(view) || this.#budget.isSpent;
    const pauseMs = Math.max(this.#slowModels.pauseMs, this.#unableJobs.pauseMs);
    const againInMs = pauseMs > 0 ? Math.min(pauseMs, next.againInMs) : next.againInMs;
    return clogged || pauseMs > 0 ? { ...next, ask: 0, againInMs } : next;
  }

  #receive(messages: readonly ReceivedMessage[], elapsedMs: number): void {
    this.#started = true;
    if (messages.length > 0) this.#pace.received(elapsedMs);
    const usable = messages.filter((message) => this.#take(message));
    if (messages.length > 0) this.#unableJobs.received(usable.length);
  }

  /** Returns false when the message is of no use to this worker. */
  #take(message: ReceivedMessage): boolean {
    const { clock, events, instance, newLeaseId } = this.#options;
    const lease: Lease = {
      id: `${instance}-${newLeaseId()}`,
      receiptHandle: message.receiptHandle,
      receivedAtMs: clock.nowMs(),
    };
    const needs = this.#versionCheck.newerNeeds(message.body);
    if (needs !== undefined) {
      this.#drain.begin('outdated', LAST_BATCH_MS);
      this.#background.start('handing back a batch', this.#versionCheck.handBack(lease, needs));
      return false;
    }
    const decoded = decodeBatchMessage(message.body);
    if (decoded === undefined) {
      const text = `Discarded a message in the queue that spotpool did not write: ${shorten(message.body, 200)}`;
      events.emit({ code: 'message-discarded', message: text });
      this.#background.start('discarding a message', this.#leases.delete(lease, this.#life.signal));
      return true;
    }
    const { receiveCount } = message;
    const left =
      this.#slowModels.leaveToOthers(lease, decoded.job) ??
      // A drain waits for the batches that are held, and so for their hand-backs.
      (this.#drain.reason === undefined ? this.#unableJobs.leaveToOthers(lease, decoded, receiveCount) : undefined);
    if (left !== undefined) this.#background.start('leaving a batch to others', left);
    else this.#hold(new HeldBatch(decoded, lease, receiveCount));
    return left === undefined;
  }

  #hold(batch: HeldBatch): void {
    this.#leases.hold(batch.lease);
    this.held.add(batch);
    if (this.#drain.reason !== undefined) batch.stop('drain');
    else if (this.#isolation.isActive) batch.stop('isolation');
    this.#background.start(
      'ending a batch',
      this.#batchLife.run(batch).finally(() => {
        this.held.end(batch, this.#options.clock.nowMs());
        this.#options.journal?.gone(batch.lease.id);
        this.#isolation.ended(batch);
        if (this.held.size === 0) this.#idleSinceMs = this.#options.clock.nowMs();
        this.#changes.notify();
      }),
    );
  }

  /** The loop turns without a change, too, so that whoever watches it can tell a long batch from a loop that hangs. */
  #nextTurn(withinMs = Infinity): Promise<void> {
    this.#options.onTurn?.();
    return this.#changes.nextChange(Math.min(withinMs, ALIVE_EVERY_MS));
  }

  async #mayLeave(): Promise<boolean> {
    try {
      return await this.#tickets.tryLeave(this.#taking.signal);
    } catch (error) {
      if (!this.#taking.signal.aborted) this.#background.reportTrouble("reading the fleet's state", error);
      return false;
    }
  }

  async #drained(): Promise<EndReason> {
    const drain = this.#drain;
    const versionCheck = this.#versionCheck;
    this.#leases.deleteAtOnce(this.#life.signal);
    while ((this.held.size > 0 || versionCheck.busy || this.#poller.isOpen) && !drain.graceOver) await this.#nextTurn();
    // R3: AWS takes the instance, and does not bill an instance that it interrupts in the first hour; ending it
    // ourselves would be billed. A notice that AWS never carries out does not keep the worker for ever (R9).
    const { clock, maxIdleMs } = this.#options;
    for (;;) {
      const leftMs = drain.deadlineMs + maxIdleMs - clock.nowMs();
      if (drain.reason !== 'interruption' || leftMs <= 0) break;
      await this.#nextTurn(leftMs);
    }
    if (drain.reason === 'cut-off') return 'cut-off';
    return this.#notice === 'interruption' ? 'interruption' : (drain.reason ?? 'stopped');
  }

  #onNotice(notice: Notice): void {
    if (this.#notice !== 'interruption') this.#notice = notice.kind;
    if (notice.kind !== 'interruption') return;
    this.#drain.begin('interruption', Math.max(0, notice.takesAtMs - this.#options.clock.nowMs()));
  }

  /** Returns false when the job was known already. */
  #beginUnable(job: string): boolean {
    const isNew = this.#unableJobs.add(job);
    if (isNew) this.#background.start('looking for work of other jobs', this.#unableJobs.look());
    return isNew;
  }

  #startLoops(): Promise<void>[] {
    const { clock, events, maxLifeMs, metadata } = this.#options;
    const { signal } = this.#life;
    const onNotice = (notice: Notice): void => this.#onNotice(notice);
    const isAtRisk = (): boolean => this.#notice !== undefined;
    const saver = new PartialSaver({ clock, held: this.held, record: this.#record, isAtRisk, signal });
    const endLife = async (): Promise<void> => {
      await clock.sleep(maxLifeMs, signal).catch(() => undefined);
      if (!signal.aborted) this.#drain.begin('life', LAST_BATCH_MS);
    };
    return [
      this.#leases.run(signal),
      watchNotices({ metadata, clock, events, onNotice }, signal),
      this.#background.every(JOBS_EVERY_MS, 'looking whether jobs are over', () => this.held.stopOver(this.#jobs)),
      this.#background.every(REACHABILITY_EVERY_MS, 'looking whether queue and bucket answer', async () =>
        this.#endWhenCutOff(),
      ),
      this.#background.every(JOBS_EVERY_MS, 'looking for work of other jobs', () =>
        this.#slowModels.refreshJobsWithWork(),
      ),
      this.#background.every(JOBS_EVERY_MS, 'looking for work of other jobs', () => this.#unableJobs.look()),
      this.#background.every(LOOK_EVERY_MS, 'saving finished items', async () => {
        if (this.#drain.reason === undefined) await saver.look();
      }),
      endLife(),
    ];
  }

  /**
   * Ends the worker even with batches in hand: it cannot deliver their results, and other workers get them when the
   * leases run out (R9).
   */
  #endWhenCutOff(): void {
    if (this.#reachability.unreachableForMs >= this.#options.maxIdleMs) this.#drain.begin('cut-off', 0);
  }

  #fitSlots(): void {
    if (this.#ended) return;
    const wanted = this.#isolation.isActive ? 1 : this.#shapes.slotsFor(this.held);
    const { slow } = this.#slowModels;
    this.#spareSlots = this.#isolation.isActive ? 0 : spareSlots(slow, wanted);
    this.#slots.resize(wanted + this.#spareSlots, { avoided: slow.modelKeys, limits: this.#shapes.limits });
    this.#changes.notify();
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
}
