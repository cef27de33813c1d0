/** Adds up what one simulated run costs: the time of its instances, what they did with it, and the money. */
import { dollarsOf } from '../pool/cost.js';
import { FORECAST_POOL, type PoolPlan } from './pool-plan.js';

export interface RunResult {
  /** The time of the last outcome. Infinity when the job did not end within the bounds of the simulation. */
  readonly timeMs: number;
  /** The time of all instances together, from launch to end. */
  readonly instanceMs: number;
  /** Absent when no price is known. */
  readonly dollars?: number;
  /** The share of the instances' time in which a slot neither computed nor got ready. */
  readonly idleShare: number;
  /** The share of the instances' time that went into booting, the environment, and loading the model. */
  readonly startingShare: number;
  /** The computing time that was done again because of reclaims, on all slots together. */
  readonly lostMs: number;
  readonly reclaims: number;
  /** The launch and the end of each instance. */
  readonly launchesMs: readonly number[];
  readonly endsMs: readonly number[];
  /** The times of the outcomes, in order. */
  readonly doneMs: readonly number[];
}

export class RunTally {
  readonly launchesMs: number[] = [];
  readonly endsMs: number[] = [];
  readonly doneMs: number[] = [];
  reclaims = 0;
  #instanceMs = 0;
  #dollars = 0;
  /** The times of the slots of all instances together. */
  #computedMs = 0;
  #startingMs = 0;
  #lostMs = 0;
  readonly #plan: PoolPlan;

  constructor(plan: PoolPlan) {
    this.#plan = plan;
  }

  ended(instance: number, at: { readonly nowMs: number; readonly readyMs: number; readonly reclaimed: boolean }): void {
    const { prices, scenario } = this.#plan;
    const launchedMs = this.launchesMs[instance] ?? 0;
    const lifeMs = at.nowMs - launchedMs;
    this.endsMs[instance] = at.nowMs;
    this.#instanceMs += lifeMs;
    this.#startingMs += (Math.min(at.nowMs, at.readyMs) - launchedMs) * scenario.pool.slots;
    if (at.reclaimed) this.reclaims += 1;
    if (prices === undefined) return;
    const seconds = lifeMs / 1000;
    const use = { instance: '', ...FORECAST_POOL, seconds, reclaimed: at.reclaimed, lifeSeconds: seconds };
    this.#dollars += dollarsOf(use, prices) ?? 0;
  }

  loaded(ms: number): void {
    this.#startingMs += ms;
  }

  computed(ms: number, lostMs = 0): void {
    this.#computedMs += ms;
    this.#lostMs += lostMs;
  }

  result(timeMs: number): RunResult {
    const slotMs = this.#instanceMs * this.#plan.scenario.pool.slots;
    const shareOf = (ms: number): number => (slotMs === 0 ? 0 : ms / slotMs);
    return {
      timeMs,
      instanceMs: Number.isFinite(timeMs) ? this.#instanceMs : Infinity,
      ...(this.#plan.prices === undefined ? {} : { dollars: Number.isFinite(timeMs) ? this.#dollars : Infinity }),
      idleShare: Math.max(0, 1 - shareOf(this.#computedMs + this.#startingMs)),
      startingShare: shareOf(this.#startingMs),
      lostMs: this.#lostMs,
      reclaims: this.reclaims,
      launchesMs: this.launchesMs,
      endsMs: this.endsMs,
      doneMs: this.doneMs,
    };
  }
}
