/**
 * Reclaims capacity for the market: by rate and by script.
 *
 * Invariants:
 * - A scripted reclaim takes exactly one instance (or all): a running one that is not yet chosen, or else the next
 * that runs.
 * - An instance that is chosen and recommended for a rebalance is not chosen again. If it ends before its notice,
 * another one takes its place in a scripted reclaim.
 * - Reclaims by rate depend on the seed and on an instance's place in the order of launches, not on the times at
 * which others ran.
 */
import { definedFields } from '../defined-fields.js';
import type { MarketClock } from './clock.js';
import { isSelected, type Pool, type PoolSelector } from './pools.js';
import { type Random, seededFraction, seededRandom } from './random.js';
import { chooseVictim, lifetimeMs, type ScriptedEvent, type ReclaimTiming } from './reclaims.js';

export interface MarketInstance extends Pool {
  readonly id: string;
  /** The place in the order of launches. */
  readonly sequence: number;
}

export interface ReclaimerOptions {
  readonly seed: number;
  /** The expected number of reclaims per instance-hour. */
  readonly reclaimRatePerHour: number;
  /** The share of the reclaims by rate that come without a notice, from 0 to 1. */
  readonly unnoticedShare: number;
  readonly script: readonly ScriptedEvent[];
  /** The time between the notice and the reclaim. */
  readonly noticeMs: number;
  /** The time between a rebalance recommendation and the notice; 0 turns recommendations off. */
  readonly rebalanceLeadMs: number;
}

/** The instances that may be reclaimed. */
export interface ReclaimableInstances {
  /** Running instances that are under no notice, the oldest first. */
  reclaimable(): readonly MarketInstance[];
  reclaim(id: string, timing: ReclaimTiming): void;
  recommendRebalance(id: string): void;
}

type ScriptedReclaim = ScriptedEvent & { readonly kind: 'reclaim' };
/** Scripted events that other parts of the market carry out. */
export type ScriptedChange = ScriptedEvent & { readonly kind: 'capacity' | 'price' };

export class Reclaimer {
  readonly #victims: Random;
  #ranFirst = false;
  /** Scripted reclaims that wait for a running instance. */
  readonly #waiting: ScriptedReclaim[] = [];
  /** Instances that have a rebalance recommendation and will be taken soon. */
  readonly #chosen = new Set<string>();

  readonly #options: ReclaimerOptions;
  readonly #clock: MarketClock;
  readonly #instances: ReclaimableInstances;
  readonly #change: (event: ScriptedChange) => void;

  constructor(
    options: ReclaimerOptions,
    clock: MarketClock,
    instances: ReclaimableInstances,
    change: (event: ScriptedChange) => void,
  ) {
    this.#options = options;
    this.#clock = clock;
    this.#instances = instances;
    this.#change = change;
    this.#victims = seededRandom(options.seed, 'victims');
  }

  instanceRuns(instance: MarketInstance): void {
    this.#reclaimByRate(instance);
    if (!this.#ranFirst) {
      this.#ranFirst = true;
      for (const event of this.#options.script) this.#schedule(event);
    }
    const next = this.#waiting.findIndex(({ pool }) => isSelected(instance, pool));
    const [event] = next < 0 ? [] : this.#waiting.splice(next, 1);
    if (event !== undefined) this.#reclaimOne(event, 0);
  }

  #reclaimByRate({ id, sequence }: MarketInstance): void {
    const { seed, reclaimRatePerHour, unnoticedShare, rebalanceLeadMs, noticeMs } = this.#options;
    const lifeMs = lifetimeMs(reclaimRatePerHour, seededFraction(seed, `lifetime/${sequence}`));
    if (lifeMs === Infinity) return;
    const isUnnoticed = seededFraction(seed, `unnoticed/${sequence}`) < unnoticedShare;
    const leadMs = Math.min(lifeMs, rebalanceLeadMs);
    this.#clock.after(lifeMs - leadMs, () => {
      if (this.#isReclaimable(id)) this.#reclaimAfter(leadMs, id, { noticeMs: isUnnoticed ? null : noticeMs });
    });
  }

  #schedule(event: ScriptedEvent): void {
    // The recommendation precedes the script's time, so that the notice comes at that time.
    const leadMs = event.kind === 'reclaim' ? Math.min(event.afterMs, this.#options.rebalanceLeadMs) : 0;
    this.#clock.after(event.afterMs - leadMs, () => this.#happen(event, leadMs));
  }

  #happen(event: ScriptedEvent, leadMs: number): void {
    if (event.kind === 'capacity' || event.kind === 'price') return this.#change(event);
    if (event.kind === 'reclaim' && event.all !== true) return this.#reclaimOne(event, leadMs);
    const candidates = this.#reclaimable(event.pool);
    const one = event.all === true ? undefined : chooseVictim(candidates, this.#victims);
    for (const { id } of one === undefined ? candidates : [one]) {
      if (event.kind === 'reclaim') this.#reclaimAfter(leadMs, id, this.#timingOf(event));
      else this.#instances.recommendRebalance(id);
    }
  }

  #reclaimOne(event: ScriptedReclaim, leadMs: number): void {
    const victim = chooseVictim(this.#reclaimable(event.pool), this.#victims);
    if (victim === undefined) this.#waiting.push(event);
    else this.#reclaimAfter(leadMs, victim.id, this.#timingOf(event), () => this.#reclaimOne(event, 0));
  }

  #timingOf({ noticeMs, takenAfterMs }: ScriptedReclaim): ReclaimTiming {
    return {
      noticeMs: noticeMs === undefined ? this.#options.noticeMs : noticeMs,
      ...definedFields({ takenAfterMs }),
    };
  }

  #reclaimAfter(leadMs: number, id: string, timing: ReclaimTiming, otherwise: () => void = () => undefined): void {
    if (leadMs <= 0) return this.#instances.reclaim(id, timing);
    this.#instances.recommendRebalance(id);
    this.#chosen.add(id);
    this.#clock.after(leadMs, () => {
      this.#chosen.delete(id);
      if (this.#isReclaimable(id)) this.#instances.reclaim(id, timing);
      else otherwise();
    });
  }

  #reclaimable(selector?: PoolSelector): readonly MarketInstance[] {
    const running = this.#instances.reclaimable().filter((instance) => isSelected(instance, selector));
    return running.filter(({ id }) => !this.#chosen.has(id));
  }

  #isReclaimable(id: string): boolean {
    return this.#reclaimable().some((instance) => instance.id === id);
  }
}
