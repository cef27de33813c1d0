/**
 * `jobs/<job>/prices.json` holds the Spot prices of a job's pools at the time of its end, with its codec. AWS forgets prices after 90 days, so without it
 * the cost of an older job would not be known.
 */
import { decode, instant, just, number, object, record, text } from './shape.js';

export interface JobPrices {
  readonly version: 1;
  /** The end whose prices these are. A job that was resumed ends again, at other prices. */
  readonly endedAt: string;
  /** Dollars an hour, by pool: the instance type, a space, the zone. */
  readonly dollarsPerHour: Readonly<Record<string, number>>;
}

/** A fleet has at most 300 pools. Fleets that replaced each other have some more. */
export const MOST_KEPT_PRICES = 2_000;
export const MOST_PRICES_BYTES = 256 * 1024;
const POOL_CHARACTERS = 100;
/** No instance costs so much. */
const MOST_DOLLARS_PER_HOUR = 100_000;

const jobPrices = object<JobPrices>({
  version: just(1),
  endedAt: instant,
  dollarsPerHour: record(number(0, MOST_DOLLARS_PER_HOUR), { name: text(POOL_CHARACTERS), most: MOST_KEPT_PRICES }),
});

export const encodeJobPrices = (prices: JobPrices): string => `${JSON.stringify(prices)}\n`;

export const decodeJobPrices = (json: string | Uint8Array): JobPrices | undefined => decode(jobPrices, json);
