/** Spot prices of the pools (type × zone): drawn from the seed, so that a price is the same whenever and however often it is asked for. */
import { instanceTypeNamed } from './instance-types.js';
import { seededFraction } from './random.js';

export interface Pool {
  readonly instanceType: string;
  readonly zone: string;
}

export interface PricePoint extends Pool {
  readonly dollarsPerHour: number;
  readonly sinceMs: number;
}

/** Spot prices move slowly; one change in six hours is what most pools show. */
const PRICE_STEP_MS = 6 * 3_600_000;
/** AWS gives back 90 days: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSpotPriceHistory.html */
const HISTORY_STEPS = (90 * 24 * 3_600_000) / PRICE_STEP_MS;
const LOWEST_FRACTION = 0.3;
const FRACTION_RANGE = 0.15;
/** How much of the range belongs to the pool for good; the rest moves with time. */
const STEADY_SHARE = 0.7;

export class SpotPrices {
  readonly #stepMs: number;

  constructor(
    readonly seed: number,
    timeScale: number,
  ) {
    this.#stepMs = PRICE_STEP_MS / timeScale;
  }

  at(pool: Pool, atMs: number): number {
    return this.#ofStep(pool, Math.floor(atMs / this.#stepMs));
  }

  /** Newest first; the price that held at `startMs` is part of it, as on AWS. */
  history(pool: Pool, startMs: number, endMs: number, nowMs: number): readonly PricePoint[] {
    const newest = Math.floor(Math.min(endMs, nowMs) / this.#stepMs);
    const oldest = Math.max(Math.floor(startMs / this.#stepMs), Math.floor(nowMs / this.#stepMs) - HISTORY_STEPS);
    const points: PricePoint[] = [];
    for (let step = newest; step >= oldest; step -= 1) {
      points.push({ ...pool, dollarsPerHour: this.#ofStep(pool, step), sinceMs: Math.floor(step * this.#stepMs) });
    }
    return points;
  }

  #ofStep(pool: Pool, step: number): number {
    const type = instanceTypeNamed(pool.instanceType);
    if (type === undefined) throw new Error(`The market has no instance type ${pool.instanceType}.`);
    const name = `price/${pool.instanceType}/${pool.zone}`;
    const place =
      STEADY_SHARE * seededFraction(this.seed, name) +
      (1 - STEADY_SHARE) * seededFraction(this.seed, `${name}/${step}`);
    return type.onDemandDollarsPerHour * (LOWEST_FRACTION + FRACTION_RANGE * place);
  }
}
