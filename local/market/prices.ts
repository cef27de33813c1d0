/**
 * Spot prices of the pools (type × zone). They are drawn from the seed, so that a price is the same whenever and
 * however often it is read.
 */
import { instanceTypeNamed } from './instance-types.js';
import { isSelected, type Pool, poolName, type PoolSelector } from './pools.js';
import { seededFraction } from './random.js';

export interface PricePoint extends Pool {
  readonly dollarsPerHour: number;
  readonly sinceMs: number;
}

export interface PriceChange {
  readonly pool?: PoolSelector;
  /** Null restores the seed's price. */
  readonly dollarsPerHour: number | null;
}

/** Spot prices move slowly; most pools show one change in six hours. */
const PRICE_STEP_MS = 6 * 3_600_000;
/** AWS keeps the prices of 90 days: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSpotPriceHistory.html */
const HISTORY_STEPS = (90 * 24 * 3_600_000) / PRICE_STEP_MS;
const LOWEST_FRACTION = 0.3;
const FRACTION_RANGE = 0.15;
/** The share of the price range that is constant for a pool; the rest changes with time. */
const STEADY_SHARE = 0.7;
/** No test makes more changes; the oldest are forgotten. */
const MAX_CHANGES = 1_000;

export class SpotPrices {
  readonly #stepMs: number;
  /** The changes are sorted by time. */
  readonly #changes: (PriceChange & { readonly sinceMs: number })[] = [];

  readonly #originMs: number;

  /** Steps are counted from `originMs`, so that the market has the same prices in each run. */
  constructor(
    readonly seed: number,
    timeScale: number,
    originMs = 0,
  ) {
    this.#originMs = originMs;
    this.#stepMs = PRICE_STEP_MS / timeScale;
  }

  set(change: PriceChange, nowMs: number): void {
    this.#changes.push({ ...change, sinceMs: nowMs });
    if (this.#changes.length > MAX_CHANGES) this.#changes.shift();
  }

  at(pool: Pool, atMs: number): number {
    const said = this.#changes.findLast((change) => change.sinceMs <= atMs && isSelected(pool, change.pool));
    return said?.dollarsPerHour ?? this.#ofStep(pool, this.#stepAt(atMs));
  }

  /** Returns the prices, the newest first. The price that was valid at `startMs` is included, as on AWS. */
  history(pool: Pool, startMs: number, endMs: number, nowMs: number): readonly PricePoint[] {
    const lastMs = Math.min(endMs, nowMs);
    const newest = this.#stepAt(lastMs);
    const oldest = Math.max(this.#stepAt(startMs), this.#stepAt(nowMs) - HISTORY_STEPS);
    if (newest < oldest) return [];
    const steps = Array.from({ length: newest - oldest + 1 }, (_, index) => this.#startOf(newest - index));
    const said = this.#changes
      .filter(
        ({ sinceMs, pool: selector }) =>
          sinceMs >= (steps.at(-1) ?? 0) && sinceMs <= lastMs && isSelected(pool, selector),
      )
      .map(({ sinceMs }) => sinceMs);
    const times = [...new Set([...steps, ...said])].sort((one, other) => other - one);
    const points = times.map((sinceMs) => ({ ...pool, dollarsPerHour: this.at(pool, sinceMs), sinceMs }));
    // A step of the seed has no effect while an order's price is set. The price from before `startMs` appears only
    // once.
    const changes = points.filter((point, index) => point.dollarsPerHour !== points[index + 1]?.dollarsPerHour);
    const before = changes.findIndex(({ sinceMs }) => sinceMs <= startMs);
    return before < 0 ? changes : changes.slice(0, before + 1);
  }

  #stepAt(atMs: number): number {
    return Math.floor((atMs - this.#originMs) / this.#stepMs);
  }

  /** The start is rounded up, so that the price at the shown time is the shown price. */
  #startOf(step: number): number {
    return Math.ceil(this.#originMs + step * this.#stepMs);
  }

  #ofStep(pool: Pool, step: number): number {
    const type = instanceTypeNamed(pool.instanceType);
    if (type === undefined) throw new Error(`The market has no instance type ${pool.instanceType}.`);
    const name = `price/${poolName(pool)}`;
    const place =
      STEADY_SHARE * seededFraction(this.seed, name) +
      (1 - STEADY_SHARE) * seededFraction(this.seed, `${name}/${step}`);
    return type.onDemandDollarsPerHour * (LOWEST_FRACTION + FRACTION_RANGE * place);
  }
}
