/**
 * The Spot market: gives capacity (staggered, up to a limit) and takes it back (by rate and by script).
 *
 * Invariants:
 * - A launch request is open until it is granted or cancelled, each once; requests are granted in the order in which they came due.
 * - No request is granted while `live` is at the capacity limit; whatever ends an instance or raises the limit lets the next in.
 * - A scripted reclaim takes exactly one instance: one that runs and is under no notice, or else the next that runs.
 */
import { arrivalDelaysMs, bootMs } from './arrivals.js';
import type { MarketClock } from './clock.js';
import { type Random, seededRandom } from './random.js';
import { chooseVictim, lifetimeMs, type ScriptedReclaim } from './reclaims.js';

export interface MarketOptions {
  readonly seed: number;
  readonly arriveOverMs: number;
  /** Most instances at once over all fleets. */
  readonly capacity: number;
  /** Expected reclaims per instance-hour. */
  readonly reclaimRatePerHour: number;
  readonly reclaims: readonly ScriptedReclaim[];
  /** How long before a reclaim its notice comes. */
  readonly noticeMs: number;
}

/** What the market takes from and gives to. */
export interface MarketInstances {
  /** Instances that hold capacity: pending, running, or on their way down. */
  live(): number;
  /** Ids that run and are under no notice, oldest first. */
  takeable(): readonly string[];
  /** `noticeMs` null is without notice. */
  reclaim(id: string, noticeMs: number | null): void;
}

export interface LaunchRequest {
  state: 'open' | 'granted' | 'cancelled';
  /** How long the instance is to be `pending`, in market milliseconds. */
  readonly bootMs: number;
}

interface QueuedRequest {
  readonly request: LaunchRequest;
  readonly grant: (request: LaunchRequest) => void;
}

export class Market {
  #capacity: number;
  readonly #due: QueuedRequest[] = [];
  readonly #arrivals: Random;
  readonly #rate: Random;
  readonly #victims: Random;
  #ranFirst = false;
  /** Scripted reclaims that found nobody to take. */
  readonly #waiting: ScriptedReclaim[] = [];

  constructor(
    readonly options: MarketOptions,
    private readonly clock: MarketClock,
    private readonly instances: MarketInstances,
  ) {
    this.#capacity = options.capacity;
    this.#arrivals = seededRandom(options.seed, 'arrivals');
    this.#rate = seededRandom(options.seed, 'reclaim-rate');
    this.#victims = seededRandom(options.seed, 'victims');
  }

  get capacity(): number {
    return this.#capacity;
  }

  setCapacity(capacity: number): void {
    this.#capacity = capacity;
    this.#grantDue();
  }

  /** Asks for `count` instances at once; each request is granted when its instance may be launched. */
  request(count: number, grant: (request: LaunchRequest) => void): readonly LaunchRequest[] {
    const boot = bootMs(this.options.arriveOverMs);
    return arrivalDelaysMs(count, this.options.arriveOverMs, this.#arrivals).map((delayMs) => {
      const request: LaunchRequest = { state: 'open', bootMs: boot };
      this.clock.after(Math.max(0, delayMs - boot), () => {
        this.#due.push({ request, grant });
        this.#grantDue();
      });
      return request;
    });
  }

  instanceEnded(): void {
    this.#grantDue();
  }

  instanceRuns(id: string): void {
    this.clock.after(lifetimeMs(this.options.reclaimRatePerHour, this.#rate), () => {
      if (this.instances.takeable().includes(id)) this.instances.reclaim(id, this.options.noticeMs);
    });
    if (!this.#ranFirst) {
      this.#ranFirst = true;
      for (const reclaim of this.options.reclaims) this.clock.after(reclaim.afterMs, () => this.#take(reclaim));
    }
    const next = this.#waiting.shift();
    if (next !== undefined) this.#take(next);
  }

  #take(reclaim: ScriptedReclaim): void {
    const victim = chooseVictim(this.instances.takeable(), this.#victims);
    if (victim === undefined) this.#waiting.push(reclaim);
    else this.instances.reclaim(victim, reclaim.notice ? this.options.noticeMs : null);
  }

  #grantDue(): void {
    while (this.#due.length > 0 && this.instances.live() < this.#capacity) {
      const next = this.#due.shift();
      if (next?.request.state !== 'open') continue;
      next.request.state = 'granted';
      next.grant(next.request);
    }
  }
}
