/**
 * Keeps slow models (slow-models.ts) from holding up the pool's other jobs: reports them, and leaves their batches to
 * other instances.
 */
import type { Lease, LeaseKeeper } from '../lease/lease-keeper.js';
import type { Clock, EventSink } from '../ports.js';
import type { ExitTickets } from './exit-tickets.js';
import type { HeldBatch } from '../batch/held-batch.js';
import { heldInVain, isSlow, type SlowModels, slowModels } from './slow-models.js';

/**
 * A batch whose model is slow here stays invisible for this long. Otherwise it would be received again before those of
 * other jobs.
 */
const HIDDEN_SECONDS = 20;
/** The pause between polls that brought only such batches. */
const PAUSE_MS = 250;

export interface SlowModelWatchOptions {
  readonly clock: Clock;
  readonly events: EventSink;
  readonly held: Iterable<HeldBatch>;
  readonly leases: LeaseKeeper;
  /** The part of the worker that reads the fleet's state. */
  readonly tickets: Pick<ExitTickets, 'jobsWithWork'>;
  readonly signal: AbortSignal;
  /** It is called when the number of slow slots, or their models, have changed. */
  readonly onChange: () => void;
}

export class SlowModelWatch {
  #slow: SlowModels = slowModels([], [], 0);
  #jobsWithWork: readonly string[] = [];
  readonly #reported = new Set<string>();
  #pollAgainAtMs = 0;

  readonly #options: SlowModelWatchOptions;

  constructor(options: SlowModelWatchOptions) {
    this.#options = options;
  }

  get slow(): SlowModels {
    return this.#slow;
  }

  /** How long to wait before the next poll; 0 when there is no reason to wait. */
  get pauseMs(): number {
    return Math.max(0, this.#pollAgainAtMs - this.#options.clock.nowMs());
  }

  /** Looks for slow models among the held batches, and hands back those that are held in vain. */
  update(): void {
    const { clock, held, onChange } = this.#options;
    const before = this.#slow;
    this.#slow = slowModels(held, this.#jobsWithWork, clock.nowMs());
    for (const batch of heldInVain(held, this.#slow)) batch.stop('waiting');
    for (const job of this.#slow.jobs) this.#report(job);
    if (fingerprint(before) !== fingerprint(this.#slow)) onChange();
  }

  /** Reads whether other jobs have work, if a held batch waits for a slow model. */
  async refreshJobsWithWork(): Promise<void> {
    const { clock, held, tickets, signal } = this.#options;
    const nowMs = clock.nowMs();
    if ([...held].some((batch) => isSlow(batch, nowMs)))
      this.#jobsWithWork = (await tickets.jobsWithWork(signal)) ?? [];
  }

  /** Hands a received batch back if its model is slow here. Returns undefined when the worker should hold the batch. */
  leaveToOthers(lease: Lease, job: string): Promise<unknown> | undefined {
    if (!this.#slow.jobs.has(job)) return undefined;
    const { clock, leases, signal } = this.#options;
    this.#pollAgainAtMs = clock.nowMs() + PAUSE_MS;
    leases.hold(lease);
    return leases.handBack(lease, HIDDEN_SECONDS, signal);
  }

  #report(job: string): void {
    if (this.#reported.has(job)) return;
    this.#reported.add(job);
    const message = `The model of job ${job} is not ready yet on this instance. Meanwhile the instance takes batches of other jobs.`;
    this.#options.events.emit({ code: 'trouble', doing: 'waiting for a model', job, message });
  }
}

const fingerprint = ({ modelKeys, slots }: SlowModels): string => JSON.stringify([slots, ...modelKeys]);
