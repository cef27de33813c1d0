import { instanceTypes, instanceTypeNamed, zoneId, ZONES } from '../../market/instance-types.js';
import type { Action } from '../action.js';
import { invalidValue } from '../errors.js';
import { applyFilters } from '../filters.js';
import { page } from '../paging.js';

const PRODUCT = 'Linux/UNIX';
/** Prices have six decimals, and are strings. */
const DECIMALS = 6;

export const describeSpotPriceHistory: Action = (query, { prices, clock }) => {
  const nowMs = clock.nowMs();
  const startMs = query.timeMs('StartTime') ?? 0;
  const endMs = query.timeMs('EndTime') ?? nowMs;
  const names = query.strings('InstanceType');
  for (const name of names) {
    if (instanceTypeNamed(name) === undefined) {
      throw invalidValue('InstanceType', name, 'DescribeInstanceTypes lists what the local cloud has.');
    }
  }
  const zone = query.string('AvailabilityZone');
  if (zone !== undefined && !ZONES.includes(zone)) {
    throw invalidValue('AvailabilityZone', zone, `There are: ${ZONES.join(', ')}.`);
  }
  const products = query.strings('ProductDescription');
  const isSold =
    products.length === 0 || products.some((product) => product === PRODUCT || product === `${PRODUCT} (Amazon VPC)`);
  const points = (isSold ? (names.length > 0 ? names : instanceTypes.map((type) => type.name)) : [])
    .flatMap((instanceType) => (zone === undefined ? ZONES : [zone]).map((each) => ({ instanceType, zone: each })))
    .flatMap((pool) => prices.history(pool, startMs, endMs, nowMs))
    .map((point) => ({
      availabilityZone: point.zone,
      availabilityZoneId: zoneId(point.zone),
      instanceType: point.instanceType,
      productDescription: PRODUCT,
      spotPrice: point.dollarsPerHour.toFixed(DECIMALS),
      timestamp: new Date(point.sinceMs),
    }))
    .sort((one, other) => other.timestamp.getTime() - one.timestamp.getTime());
  const found = applyFilters(points, query, {
    fields: {
      'availability-zone': (point) => [point.availabilityZone],
      'instance-type': (point) => [point.instanceType],
      'product-description': (point) => [point.productDescription],
      'spot-price': (point) => [point.spotPrice],
    },
  });
  const { items, nextToken } = page(found, query, (_, index) => index);
  return { spotPriceHistorySet: items, nextToken: nextToken ?? '' };
};
