/**
 * The price protection of attribute-based selection: types whose Spot price is too far above the cheapest are left
 * out. Two things differ from AWS: prices are read once, when the fleet is created, and without a limit no type is
 * left out.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-fleet-attribute-based-instance-type-selection.html#ec2fleet-abs-price-protection
 */
import { type InstanceType, instanceTypeNamed } from '../../market/instance-types.js';
import type { Pool } from '../../market/pools.js';
import { Ec2Error } from '../errors.js';
import type { Query } from '../query.js';

/** AWS documents that this value or more turns the protection off. */
const OFF_PERCENT = 999_999;
const ANY_PERCENT = { min: 0, max: 2 ** 31 - 1 };
/** The price to compare with comes from these instance families. */
const IDENTIFIED = /^[cmr]\d/;

export function withinPriceLimit(
  pools: readonly Pool[],
  requirements: Query,
  priceOf: (pool: Pool) => number,
): readonly Pool[] {
  const ofOnDemand = requirements.integer('MaxSpotPriceAsPercentageOfOptimalOnDemandPrice', ANY_PERCENT);
  const overSpot = requirements.integer('SpotMaxPricePercentageOverLowestPrice', ANY_PERCENT);
  if (ofOnDemand !== undefined && overSpot !== undefined) {
    throw new Ec2Error(
      'InvalidParameterCombination',
      'Give either MaxSpotPriceAsPercentageOfOptimalOnDemandPrice or SpotMaxPricePercentageOverLowestPrice, not both.',
    );
  }
  const percent = ofOnDemand ?? overSpot;
  if (percent === undefined || percent >= OFF_PERCENT) return pools;
  const identified = pools.filter(({ instanceType }) => isIdentified(instanceTypeNamed(instanceType)));
  const compared = identified.length > 0 ? identified : pools;
  const cheapestSpot = Math.min(...compared.map(priceOf));
  const cheapestOnDemand = Math.min(
    ...compared.map(({ instanceType }) => instanceTypeNamed(instanceType)?.onDemandDollarsPerHour ?? Infinity),
  );
  const limit = ofOnDemand === undefined ? cheapestSpot * (1 + percent / 100) : (cheapestOnDemand * percent) / 100;
  return pools.filter((pool) => priceOf(pool) <= limit);
}

const isIdentified = (type: InstanceType | undefined): boolean =>
  type !== undefined && type.currentGeneration && IDENTIFIED.test(type.name);
