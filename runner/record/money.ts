/** Sums up what the instances of a job cost, in all and by instance type. */
import { costOf, type Cost, type InstanceUse } from '../../core/pool/cost.js';
import { definedFields } from '../../core/defined-fields.js';
import type { RecordedCost } from '../../core/record/job-record.js';

export function moneyOf(
  uses: readonly InstanceUse[],
  {
    cost,
    prices,
    sharedWith,
  }: {
    readonly cost: Cost;
    readonly prices: ReadonlyMap<string, number>;
    readonly sharedWith: readonly string[];
  },
): RecordedCost {
  const types = [...new Set(uses.map(({ instanceType }) => instanceType))];
  const byType = types.map((instanceType) => {
    const ofType = uses.filter((use) => use.instanceType === instanceType);
    const { instanceSeconds, spotDollars, onDemandDollars } = costOf(ofType, prices);
    const sums = definedFields({ spotDollars, onDemandDollars });
    return { instanceType, instances: ofType.length, seconds: instanceSeconds, ...sums };
  });
  const { instanceSeconds, spotDollars, onDemandDollars } = cost;
  return {
    instanceSeconds,
    ...definedFields({ spotDollars, onDemandDollars }),
    byType: byType.sort((a, b) => (b.spotDollars ?? 0) - (a.spotDollars ?? 0) || b.seconds - a.seconds),
    sharedWith,
  };
}
