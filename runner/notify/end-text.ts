/** Tells the end of a job in a few lines for people, as the summary of a run does. Pure. */
import type { EndFacts } from '../../core/contract/notification.js';
import type { MaxFailed } from '../../core/contract/max-failed.js';
import { judgeJob } from '../../core/pool/success.js';
import { definedFields } from '../../core/defined-fields.js';
import { count, dollars, plural, span } from '../display/format.js';
import { BECAME } from '../display/summary.js';

export type ToldFacts = Omit<EndFacts, 'text'>;

export function endText(facts: ToldFacts, maxFailed: MaxFailed | undefined): string {
  const { success, reason, errors, next } = facts;
  return [
    headline(facts, maxFailed),
    ...(success ? [] : [reason]),
    timeAndCost(facts),
    ...(errors.length === 0
      ? []
      : [`Errors: ${errors.map(({ code, count: times }) => `${count(times)} × ${code}`).join(', ')}`]),
    ...(next === undefined ? [] : [next]),
  ].join('\n');
}

function headline(facts: ToldFacts, maxFailed: MaxFailed | undefined): string {
  const { job, name, state, items, success } = facts;
  const called = name === undefined ? '' : ` (${name})`;
  const missing = items.total - items.ok - items.failed;
  const counts = [
    `${count(items.ok)} of ${plural(items.total, 'item')} ok`,
    `${count(items.failed)} failed`,
    ...(missing > 0 ? [`${count(missing)} without an outcome`] : []),
  ];
  return `${success ? '✓' : '✗'} Job ${job}${called} ${BECAME[state]}${whyNoSuccess(facts, maxFailed)}: ${counts.join(', ')}.`;
}

function whyNoSuccess({ state, items, batches }: ToldFacts, maxFailed: MaxFailed | undefined): string {
  if (state !== 'complete') return '';
  const judged = judgeJob({ state, items, batches: { failed: batches.givenUp }, ...definedFields({ maxFailed }) });
  if (judged === 'success') return '';
  if (judged === 'no-success') return `, but ${plural(batches.givenUp, 'batch was', 'batches were')} given up`;
  if (maxFailed === undefined) return ', but no item succeeded';
  return `, but more items failed than --max-failed ${maxFailed} allows`;
}

function timeAndCost({ seconds, instances, cost }: ToldFacts): string {
  const { spotDollars, onDemandDollars } = cost;
  const onDemand = onDemandDollars === undefined ? '' : ` (On-Demand: ${dollars(onDemandDollars)})`;
  return [
    `${span(seconds)} from submit to end`,
    ...(instances === 0 ? [] : [plural(instances, 'instance')]),
    ...(spotDollars === undefined ? [] : [`${dollars(spotDollars)} on Spot${onDemand}`]),
  ].join(', ');
}
