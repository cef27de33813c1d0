/**
 * The orders that a person or a test may give to the market, and their checks. They are the same over HTTP
 * (service.ts) and in TypeScript (../api.ts).
 */
import { definedFields } from '../defined-fields.js';
import type { Compute } from '../ec2/compute.js';
import { isFulfilling } from '../instances/instance.js';
import { instanceTypeNamed, ZONES } from '../market/instance-types.js';
import type { PoolSelector } from '../market/pools.js';

/** An order that is invalid; its message explains what is wrong. */
export class OrderError extends Error {
  override readonly name = 'OrderError';
  constructor(
    readonly kind: 'missing' | 'wrong',
    message: string,
  ) {
    super(message);
  }
}

export interface ReclaimOrder {
  /**
   * The time between the notice and the reclaim that it announces, in market milliseconds. Null reclaims without
   * notice. The default is the market's own notice time.
   */
  readonly noticeMs?: number | null;
  /**
   * The time between the notice and the real end, in market milliseconds, for tests in which AWS breaks its
   * promise. The default is `noticeMs`.
   */
  readonly takenAfterMs?: number;
}

/** Limits capacity. With a pool, the order is for every pool that matches; without one, for the market as a whole. */
export interface CapacityOrder {
  /** A number of instances; null removes the limit. */
  readonly capacity: number | null;
  readonly pool?: PoolSelector;
}

export interface PriceOrder {
  /** Null restores the market's own price. */
  readonly dollarsPerHour: number | null;
  readonly pool?: PoolSelector;
}

type Unchecked<T> = { readonly [Key in keyof T]?: unknown };

export class MarketOrders {
  readonly #compute: Compute;

  constructor(compute: Compute) {
    this.#compute = compute;
  }

  reclaim(
    id: string,
    order: Unchecked<ReclaimOrder> = {},
  ): { readonly instance: string; readonly noticeMs: number | null } {
    const { noticeMs, takenAfterMs } = this.#timing(order);
    this.#checkTakeable(id);
    if (!this.#compute.reclaim(id, noticeMs, takenAfterMs)) {
      throw new OrderError('wrong', `The instance ${id} already has an interruption notice.`);
    }
    return { instance: id, noticeMs };
  }

  /** Reclaims all matching instances and returns their ids. */
  reclaimAll(order: Unchecked<ReclaimOrder & { readonly pool?: PoolSelector }> = {}): readonly string[] {
    const { noticeMs, takenAfterMs } = this.#timing(order);
    return this.#compute.reclaimAll(noticeMs, checkedPool(order.pool), takenAfterMs);
  }

  rebalance(id: string): void {
    this.#checkTakeable(id);
    this.#compute.recommendRebalance(id);
  }

  setCapacity({ capacity, pool }: Unchecked<CapacityOrder>): void {
    if (capacity !== null && !(Number.isSafeInteger(capacity) && Number(capacity) >= 0)) {
      throw new OrderError('wrong', 'capacity must be a whole number of instances, 0 or more, or null for no limit.');
    }
    const instances = capacity as number | null;
    const selector = checkedPool(pool);
    if (selector === undefined) this.#compute.market.setCapacity(instances ?? Infinity);
    else this.#compute.market.setPoolCapacity({ pool: selector, capacity: instances });
  }

  setPrice({ dollarsPerHour, pool }: Unchecked<PriceOrder>): void {
    if (dollarsPerHour !== null && !(typeof dollarsPerHour === 'number' && dollarsPerHour > 0)) {
      throw new OrderError('wrong', "dollarsPerHour must be a number above 0, or null for the seed's price.");
    }
    this.#compute.market.setPrice({ pool: checkedPool(pool) ?? {}, dollarsPerHour });
  }

  #timing({ noticeMs = this.#compute.options.noticeMs, takenAfterMs }: Unchecked<ReclaimOrder>) {
    if (noticeMs !== null && !isDuration(noticeMs)) {
      throw new OrderError('wrong', 'noticeMs must be a number of milliseconds, or null to reclaim without notice.');
    }
    if (takenAfterMs !== undefined && !(isDuration(takenAfterMs) && noticeMs !== null)) {
      throw new OrderError('wrong', 'takenAfterMs must be a number of milliseconds after a notice.');
    }
    return { noticeMs, takenAfterMs };
  }

  #checkTakeable(id: string): void {
    const instance = this.#compute.instances.get(id);
    if (instance === undefined) throw new OrderError('missing', `There is no instance ${id}.`);
    if (!isFulfilling(instance)) throw new OrderError('wrong', `The instance ${id} is ${instance.state}.`);
  }
}

const isDuration = (value: unknown): value is number => typeof value === 'number' && value >= 0;

export function checkedPool(value: unknown): PoolSelector | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null) {
    throw new OrderError('wrong', 'pool must be an object with instanceType, zone, or both.');
  }
  const { instanceType, zone, ...more } = value as Record<string, unknown>;
  if (instanceType !== undefined && !(typeof instanceType === 'string' && instanceTypeNamed(instanceType))) {
    throw new OrderError('wrong', `The market has no instance type ${JSON.stringify(instanceType)}.`);
  }
  if (zone !== undefined && !(typeof zone === 'string' && ZONES.includes(zone))) {
    throw new OrderError('wrong', `The market has no zone ${JSON.stringify(zone)}. Its zones are ${ZONES.join(', ')}.`);
  }
  const [unknown] = Object.keys(more);
  if (unknown !== undefined)
    throw new OrderError(
      'wrong',
      `Unknown field ${JSON.stringify(unknown)} of a pool. The fields are instanceType and zone.`,
    );
  return {
    ...definedFields({ instanceType, zone }),
  };
}
