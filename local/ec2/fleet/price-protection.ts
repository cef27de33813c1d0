/**
 * The price protection of attribute-based selection: types whose Spot price is too far above the cheapest are left out.
 * Differs from AWS: prices are looked at once, when the fleet is made; without a limit none is left out.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-fleet-attribute-based-instance-type-selection.html#ec2fleet-abs-price-protection
 */
import { type InstanceType, instanceTypeNamed } from '../../market/instance-types.js';
import type { Pool } from '../../market/pools.js';
import { Ec2Error } from '../errors.js';
import type { Query } from '../query.js';

/** AWS: this or more turns the protection off. */
const OFF_PERCENT = 999_999;
const ANY_PERCENT = { min: 0, max: 2 ** 31 - 1 };
/** Of the families that the price to compare with is found in. */
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
