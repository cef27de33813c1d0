/** The job and the pool that are simulated. All times are in milliseconds, or in any other unit that all of them share. */
import { BatchPlanner } from '../dataset/batch-planner.js';
import { slotsThatMayCome } from '../dataset/paced-sizes.js';
import { inSendingOrder } from '../dataset/sending-order.js';
import { definedFields } from '../defined-fields.js';
import { samplerOf, type Times } from './times.js';

export interface ForecastWork {
  readonly items: number;
  readonly itemTimes: Times;
  /** The times are means of so many items, as a job's record has those of whole batches. Absent when they are times of single items. */
  readonly itemsOfATime?: number;
  /** The time in which a slot loads the model. */
  readonly loadTimes: Times;
  /** Absent when the product chooses the batches. */
  readonly batchItems?: number;
  /** The mean size of an item; a batch has a bound of bytes, too. */
  readonly itemBytes?: number;
  /** False when no trial has measured the pace, so that batches are cut without it. */
  readonly hasPace: boolean;
  /** The job's own maximum of instances. */
  readonly maxWorkers?: number;
}

export interface Reclaims {
  /** How often AWS takes an instance, for each hour that an instance runs. */
  readonly perInstanceHour: number;
  readonly noticeMs: number;
  /** The share of reclaims without any notice. */
  readonly withoutNotice: number;
}

export interface ForecastPool {
  readonly maxInstances: number;
  readonly slots: number;
  /** The time from asking for an instance until it is launched, and paid for. */
  readonly arrivalTimes: Times;
  /** The arrivals of the first instances; later ones are drawn. */
  readonly firstArrivalsMs?: readonly number[];
  /** The time from the launch until the worker is up. */
  readonly bootTimes: Times;
  /** The time in which an instance gets the model's files and packages, once. */
  readonly environmentTimes: Times;
  readonly reclaims: Reclaims;
  /** The time after which another worker gets a batch whose worker vanished. */
  readonly leaseMs: number;
  /** The time in which an idle worker sees that it may leave. */
  readonly exitMs: number;
  /** Absent when nobody knows the price; then no cost is forecast. */
  readonly dollarsPerHour?: number;
}

export interface Scenario {
  readonly work: ForecastWork;
  readonly pool: ForecastPool;
}

/** A line of JSON with a short text; the bound of bytes of a batch seldom matters. */
const USUAL_ITEM_BYTES = 200;

/** Returns the items of each batch in the order in which messages are sent: the sizes that the product's planner cuts. */
export function cutAsTheProduct({ work, pool }: Scenario): readonly number[] {
  const { items, batchItems, maxWorkers, itemBytes = USUAL_ITEM_BYTES, itemTimes, hasPace } = work;
  const planner = new BatchPlanner(definedFields({ batchItems, workers: maxWorkers }));
  for (let item = 0; item < items; item += 1) planner.add(0, itemBytes);
  const slots = slotsThatMayCome(instancesThatMayCome({ work, pool }), pool.slots);
  const pace = hasPace ? { msPerItem: samplerOf(itemTimes).meanMs, slots } : undefined;
  return inSendingOrder(planner.plan(pace)).map((batch) => batch.items);
}

/** Cuts the dataset into so many batches, which differ by one item at most. */
export function cutEvenly(items: number, batches: number): readonly number[] {
  const count = Math.max(1, Math.min(items, batches));
  return Array.from(
    { length: count },
    (_, batch) => Math.floor((items * (batch + 1)) / count) - Math.floor((items * batch) / count),
  );
}

export const instancesThatMayCome = ({ work, pool }: Scenario): number =>
  Math.min(pool.maxInstances, work.maxWorkers ?? Infinity);
