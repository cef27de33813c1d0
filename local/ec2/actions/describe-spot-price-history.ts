import { instanceTypes, instanceTypeNamed, zoneId, ZONES } from '../../market/instance-types.js';
import type { Action } from '../action.js';
import { Ec2Error, invalidValue } from '../errors.js';
import { applyFilters } from '../filters.js';
import { page } from '../paging.js';
import type { Query } from '../query.js';

const PRODUCT = 'Linux/UNIX';
/** Prices are strings with six decimals. */
const DECIMALS = 6;
/**
 * Pages are ordered by time, the newest first, and within a time by pool, so that new prices move nothing. These
 * bounds are the year 2096 and more pools than there are.
 */
const LAST_MS = 4e12;
const MAX_POOLS = 1024;

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
  const zones = zonesOf(query);
  const products = query.strings('ProductDescription');
  const isSold =
    products.length === 0 || products.some((product) => product === PRODUCT || product === `${PRODUCT} (Amazon VPC)`);
  const points = (isSold ? (names.length > 0 ? names : instanceTypes.map((type) => type.name)) : [])
    .flatMap((instanceType) => zones.map((each) => ({ instanceType, zone: each })))
    .flatMap((pool, index) => prices.history(pool, startMs, endMs, nowMs).map((point) => ({ ...point, index })))
    .map((point) => ({
      availabilityZone: point.zone,
      availabilityZoneId: zoneId(point.zone),
      instanceType: point.instanceType,
      productDescription: PRODUCT,
      spotPrice: point.dollarsPerHour.toFixed(DECIMALS),
      timestamp: new Date(point.sinceMs),
      order: (LAST_MS - point.sinceMs) * MAX_POOLS + point.index,
    }))
    .sort((one, other) => one.order - other.order);
  const found = applyFilters(points, query, {
    fields: {
      'availability-zone': (point) => [point.availabilityZone],
      'instance-type': (point) => [point.instanceType],
      'product-description': (point) => [point.productDescription],
      'spot-price': (point) => [point.spotPrice],
    },
  });
  const { items, nextToken } = page(found, query, ({ order }) => order);
  return { spotPriceHistorySet: items.map(({ order: _, ...point }) => point), nextToken: nextToken ?? '' };
};

function zonesOf(query: Query): readonly string[] {
  const name = query.string('AvailabilityZone');
  const id = query.string('AvailabilityZoneId');
  if (name !== undefined && id !== undefined) {
    throw new Ec2Error('InvalidParameterCombination', 'Give either AvailabilityZone or AvailabilityZoneId, not both.');
  }
  if (name === undefined && id === undefined) return ZONES;
  const zone = ZONES.find((candidate) => candidate === name || zoneId(candidate) === id);
  if (zone !== undefined) return [zone];
  throw invalidValue('AvailabilityZone', name ?? id ?? '', `There are: ${ZONES.join(', ')}.`);
}
