/** The money and the time of instances, by their type, and the work that brought no result. */
import type { VNode } from 'preact';
import type { JobRecord } from '../../../core/record/job-record.js';
import { count, plural, span } from '../../display/format.js';
import { dollarsOr, savedText, UNKNOWN } from '../view/truth.js';
import { ScrollTable } from './parts.js';

export function Costs({ record }: { readonly record: JobRecord }): VNode {
  const { cost, pool } = record;
  return (
    <section id="cost">
      <h2>Cost by instance type</h2>
      {cost.byType.length === 0 ? (
        <p>No instance is known to have worked for this job.</p>
      ) : (
        <ScrollTable
          label="Cost by instance type"
          head={['Type', 'Instances', 'Time', 'Spot', 'On demand', 'Saved']}
          numbers={[1, 2, 3, 4, 5]}
          rows={[
            ...cost.byType.map(({ instanceType, instances, seconds, spotDollars, onDemandDollars }) => [
              instanceType,
              count(instances),
              span(seconds),
              dollarsOr(spotDollars),
              dollarsOr(onDemandDollars),
              saved(spotDollars, onDemandDollars),
            ]),
            ...(cost.byType.length < 2
              ? []
              : [
                  [
                    'all',
                    count(pool.instances.length),
                    span(cost.instanceSeconds),
                    dollarsOr(cost.spotDollars),
                    dollarsOr(cost.onDemandDollars),
                    saved(cost.spotDollars, cost.onDemandDollars),
                  ].map((cell) => <b>{cell}</b>),
                ]),
          ]}
        />
      )}
      {cost.sharedWith.length === 0 ? null : (
        <p class="note">
          Other jobs used these instances at the same time, and each of them counts the instances in full:{' '}
          <bdi>{cost.sharedWith.join(', ')}</bdi>.
        </p>
      )}
      <Lost record={record} />
    </section>
  );
}

const saved = (spot: number | undefined, onDemand: number | undefined): string =>
  spot === undefined || onDemand === undefined || onDemand <= 0 ? UNKNOWN : savedText(spot, onDemand);

function Lost({ record: { waste, cost, pool } }: { readonly record: JobRecord }): VNode {
  const { notComputingSeconds } = waste;
  const share =
    notComputingSeconds === undefined || cost.instanceSeconds <= 0
      ? ''
      : ` (${Math.round((notComputingSeconds / cost.instanceSeconds) * 100)} % of the instances’ time)`;
  const { withNotice, withoutNotice } = pool.reclaims;
  const rows: readonly (readonly [string, string])[] = [
    [
      'Reclaims',
      withNotice + withoutNotice === 0
        ? 'none'
        : `${count(withNotice + withoutNotice)} (${count(withNotice)} with notice, ${count(withoutNotice)} without)`,
    ],
    ['Handed back', plural(pool.handBacks, 'batch', 'batches')],
    ['Losses of workers', pool.losses === 0 ? 'none' : count(pool.losses)],
    ['Computed twice', plural(waste.duplicateItems, 'item')],
    ['Lost with workers', waste.lostItemsAtMost === 0 ? 'none' : `at most ${plural(waste.lostItemsAtMost, 'item')}`],
    ['On, and not computing', notComputingSeconds === undefined ? UNKNOWN : `${span(notComputingSeconds)}${share}`],
  ];
  return (
    <dl class="facts columns">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
