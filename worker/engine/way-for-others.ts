/** Keeps slow models (slow-models.ts) from holding up the pool's other jobs: tells of them, and leaves their batches to other instances. */
import type { Lease, LeaseKeeper } from '../lease/lease-keeper.js';
import type { Clock, EventSink } from '../ports.js';
import type { ExitTickets } from './exit-tickets.js';
import type { HeldBatch } from '../batch/held-batch.js';
import { heldForNothing, isSlow, type SlowModels, slowModels } from './slow-models.js';

/** A batch whose model is slow here comes back to no worker for so long: else it would stand before those of other jobs. */
const LEAVE_TO_OTHERS_SECONDS = 20;
/** Between polls that brought nothing but such batches. */
const PAUSE_MS = 250;

export interface WayForOthersOptions {
  readonly clock: Clock;
  readonly events: EventSink;
  readonly held: Iterable<HeldBatch>;
  readonly leases: LeaseKeeper;
  /** Whoever reads the fleet's state. */
  readonly tickets: Pick<ExitTickets, 'jobsWithWork'>;
  readonly signal: AbortSignal;
  /** Other slots are slow now, or none. */
  readonly onSlots: () => void;
}

export class WayForOthers {
  #now: SlowModels = slowModels([], [], 0);
  #jobsWithWork: readonly string[] = [];
  readonly #told = new Set<string>();
  #askAgainAtMs = 0;

  readonly #options: WayForOthersOptions;

  constructor(options: WayForOthersOptions) {
    this.#options = options;
  }

  get slow(): SlowModels {
    return this.#now;
  }

  /** Nothing is asked for until then. */
  get pauseMs(): number {
    return Math.max(0, this.#askAgainAtMs - this.#options.clock.nowMs());
  }

  /** Looks at what is held. */
  make(): void {
    const { clock, held, onSlots } = this.#options;
    const before = this.#now;
    this.#now = slowModels(held, this.#jobsWithWork, clock.nowMs());
    for (const batch of heldForNothing(held, this.#now)) batch.stop('waiting');
    for (const job of this.#now.jobs) this.#tell(job);
    if (textOf(before) !== textOf(this.#now)) onSlots();
  }

  /** Looks whether other jobs have work; only when it matters. */
  async look(): Promise<void> {
    const { clock, held, tickets, signal } = this.#options;
    const nowMs = clock.nowMs();
    if ([...held].some((batch) => isSlow(batch, nowMs))) this.#jobsWithWork = await tickets.jobsWithWork(signal);
  }

  /** The work of leaving a received batch to others; undefined when the batch is to be held. */
  leave(lease: Lease, job: string): Promise<unknown> | undefined {
    if (!this.#now.jobs.has(job)) return undefined;
    const { clock, leases, signal } = this.#options;
    this.#askAgainAtMs = clock.nowMs() + PAUSE_MS;
    leases.hold(lease);
    return leases.handBack(lease, LEAVE_TO_OTHERS_SECONDS, signal);
  }

  #tell(job: string): void {
    if (this.#told.has(job)) return;
    this.#told.add(job);
    const message = `The model of job ${job} is not ready yet on this instance. Meanwhile the instance takes batches of other jobs, while there are any.`;
    this.#options.events.emit({ code: 'trouble', doing: 'waiting for a model', job, message });
  }
}

const textOf = ({ modelKeys, slots }: SlowModels): string => JSON.stringify([slots, ...modelKeys]);
