/**
 * How the market takes capacity back: by rate and by script.
 *
 * Invariants:
 * - A scripted reclaim takes exactly one instance (or all): one that runs and that nothing else has chosen, or else the next that runs.
 * - An instance that is chosen and recommended for a rebalance is not chosen again; if it is gone before its notice, another one
 *   takes its place in a scripted reclaim.
 * - What an instance meets by rate goes by the seed and the order of its launch, not by when others ran.
 */
import { definedFields } from '../defined-fields.js';
import type { MarketClock } from './clock.js';
import { isSelected, type Pool, type PoolSelector } from './pools.js';
import { type Random, seededFraction, seededRandom } from './random.js';
import { chooseVictim, lifetimeMs, type ScriptedEvent, type Taking } from './reclaims.js';

export interface MarketInstance extends Pool {
  readonly id: string;
  /** Order of launch. */
  readonly sequence: number;
}

export interface TakerOptions {
  readonly seed: number;
  /** Expected reclaims per instance-hour. */
  readonly reclaimRatePerHour: number;
  /** From 0 to 1: how many of the reclaims by rate come without a notice. */
  readonly unnoticedShare: number;
  readonly script: readonly ScriptedEvent[];
  /** How long before a reclaim its notice comes. */
  readonly noticeMs: number;
  /** How long before its notice an instance that the market takes is recommended for a rebalance; 0 is never. */
  readonly rebalanceLeadMs: number;
}

/** What is taken from. */
export interface TakeableInstances {
  /** Those that run and are under no notice, oldest first. */
  takeable(): readonly MarketInstance[];
  reclaim(id: string, taking: Taking): void;
  recommendRebalance(id: string): void;
}

type ScriptedReclaim = ScriptedEvent & { readonly kind: 'reclaim' };
/** What of the script is not the taker's own. */
export type ScriptedChange = ScriptedEvent & { readonly kind: 'capacity' | 'price' };

export class Taker {
  readonly #victims: Random;
  #ranFirst = false;
  /** Scripted reclaims that found nobody to take. */
  readonly #waiting: ScriptedReclaim[] = [];
  /** Recommended for a rebalance, and taken soon. */
  readonly #chosen = new Set<string>();

  readonly #options: TakerOptions;
  readonly #clock: MarketClock;
  readonly #instances: TakeableInstances;
  readonly #change: (event: ScriptedChange) => void;

  constructor(
    options: TakerOptions,
    clock: MarketClock,
    instances: TakeableInstances,
    change: (event: ScriptedChange) => void,
  ) {
    this.#options = options;
    this.#clock = clock;
    this.#instances = instances;
    this.#change = change;
    this.#victims = seededRandom(options.seed, 'victims');
  }

  instanceRuns(instance: MarketInstance): void {
    this.#takeByRate(instance);
    if (!this.#ranFirst) {
      this.#ranFirst = true;
      for (const event of this.#options.script) this.#schedule(event);
    }
    const next = this.#waiting.findIndex(({ pool }) => isSelected(instance, pool));
    const [event] = next < 0 ? [] : this.#waiting.splice(next, 1);
    if (event !== undefined) this.#reclaimOne(event, 0);
  }

  #takeByRate({ id, sequence }: MarketInstance): void {
    const { seed, reclaimRatePerHour, unnoticedShare, rebalanceLeadMs, noticeMs } = this.#options;
    const lifeMs = lifetimeMs(reclaimRatePerHour, seededFraction(seed, `lifetime/${sequence}`));
    if (lifeMs === Infinity) return;
    const isUnnoticed = seededFraction(seed, `unnoticed/${sequence}`) < unnoticedShare;
    const leadMs = Math.min(lifeMs, rebalanceLeadMs);
    this.#clock.after(lifeMs - leadMs, () => {
      if (this.#isTakeable(id)) this.#takeAfter(leadMs, id, { noticeMs: isUnnoticed ? null : noticeMs });
    });
  }

  #schedule(event: ScriptedEvent): void {
    // The recommendation comes before the time that the script names, so that the notice comes at it.
    const leadMs = event.kind === 'reclaim' ? Math.min(event.afterMs, this.#options.rebalanceLeadMs) : 0;
    this.#clock.after(event.afterMs - leadMs, () => this.#happen(event, leadMs));
  }

  #happen(event: ScriptedEvent, leadMs: number): void {
    if (event.kind === 'capacity' || event.kind === 'price') return this.#change(event);
    if (event.kind === 'reclaim' && event.all !== true) return this.#reclaimOne(event, leadMs);
    const candidates = this.#takeable(event.pool);
    const one = event.all === true ? undefined : chooseVictim(candidates, this.#victims);
    for (const { id } of one === undefined ? candidates : [one]) {
      if (event.kind === 'reclaim') this.#takeAfter(leadMs, id, this.#takingOf(event));
      else this.#instances.recommendRebalance(id);
    }
  }

  #reclaimOne(event: ScriptedReclaim, leadMs: number): void {
    const victim = chooseVictim(this.#takeable(event.pool), this.#victims);
    if (victim === undefined) this.#waiting.push(event);
    else this.#takeAfter(leadMs, victim.id, this.#takingOf(event), () => this.#reclaimOne(event, 0));
  }

  #takingOf({ noticeMs, takenAfterMs }: ScriptedReclaim): Taking {
    return {
      noticeMs: noticeMs === undefined ? this.#options.noticeMs : noticeMs,
      ...definedFields({ takenAfterMs }),
    };
  }

  #takeAfter(leadMs: number, id: string, taking: Taking, otherwise: () => void = () => undefined): void {
    if (leadMs <= 0) return this.#instances.reclaim(id, taking);
    this.#instances.recommendRebalance(id);
    this.#chosen.add(id);
    this.#clock.after(leadMs, () => {
      this.#chosen.delete(id);
      if (this.#isTakeable(id)) this.#instances.reclaim(id, taking);
      else otherwise();
    });
  }

  #takeable(selector?: PoolSelector): readonly MarketInstance[] {
    const running = this.#instances.takeable().filter((instance) => isSelected(instance, selector));
    return running.filter(({ id }) => !this.#chosen.has(id));
  }

  #isTakeable(id: string): boolean {
    return this.#takeable().some((instance) => instance.id === id);
  }
}
