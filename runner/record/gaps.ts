/** Says in sentences what the record of a job lacks (R12). */
import { endOf } from '../../core/contract/ends.js';
import type { Cost } from '../../core/pool/cost.js';
import type { JobInstance } from '../../core/record/recorded-instances.js';
import type { JobView } from '../controller/observe/read-job.js';
import { count, plural } from '../display/format.js';
import type { FoundErrors } from './outcomes.js';
import type { RecordSources } from './read-summaries.js';

export interface GapInput {
  readonly view: JobView;
  readonly sources: RecordSources;
  readonly instances: readonly JobInstance[];
  readonly errors: FoundErrors;
  readonly cost: Cost;
}

export function gapsOf(input: GapInput): readonly string[] {
  return [...ofWorkers(input), ...ofPool(input), ...ofErrors(input), ...ofCost(input)];
}

function ofWorkers({ view, sources: { summaries, losses, reruns } }: GapInput): readonly string[] {
  const { batches, items } = view.facts.progress;
  const told = summaries.found.reduce((sum, { ok, failed }) => sum + ok + failed, 0);
  const done = items.ok + items.failed;
  const gaps: string[] = [];
  if (summaries.found.length === 0 && batches.done > 0) {
    gaps.push(
      'No worker left a summary of its events, so pace, phases and waste are not known. Workers of older versions write none.',
    );
  } else if (told < done) {
    gaps.push(
      `The summaries of the workers hold ${count(told)} of the ${count(done)} items that are done, so pace and waste are those of these items.`,
    );
  }
  if (summaries.isCut) gaps.push(`Only the first ${count(summaries.found.length)} summaries of workers were read.`);
  if (losses.isCut) gaps.push('Only the first marks of lost workers were read, so there were more losses.');
  if (reruns.isCut) gaps.push('Only the first reruns are listed.');
  return gaps;
}

function ofPool({ view, sources: { history }, instances }: GapInput): readonly string[] {
  const { verdict, ends } = view;
  const unknown = instances.filter(({ isEndUnknown }) => isEndUnknown).length;
  const gaps: string[] = [];
  if (history === undefined && (verdict.state !== 'submitting' || instances.length > 0)) {
    gaps.push(
      'No controller has kept a history of the pool, so launches, targets and instances that never worked are not known.',
    );
  } else if (history !== undefined && history.moreInstances > 0) {
    gaps.push(`The history of the pool lacks ${plural(history.moreInstances, 'further instance')}.`);
  }
  if (unknown > 0 && endOf(ends.ends) !== undefined) {
    const whose = unknown === 1 ? 'an instance' : `${count(unknown)} instances`;
    gaps.push(
      `Nobody has seen the end of ${whose}, so their time counts up to the end of the job or their last event.`,
    );
  }
  return gaps;
}

function ofErrors({ errors: { missing, isSample } }: GapInput): readonly string[] {
  if (missing === 0) return [];
  const items = missing === 1 ? '1 failed item is' : `${count(missing)} failed items are`;
  const why = isSample
    ? 'the errors are those of the first batches with failed items'
    : 'their workers could not report them, or used too many codes';
  return [`${items} not among the errors, because ${why}. "spotpool errors" counts all of them.`];
}

function ofCost({ cost: { withoutSpotPrice, withoutOnDemandPrice } }: GapInput): readonly string[] {
  return [
    ...(withoutSpotPrice.length === 0 ? [] : [`There is no Spot price of ${withoutSpotPrice.join(', ')}.`]),
    ...(withoutOnDemandPrice.length === 0
      ? []
      : [`There is no on-demand price of ${withoutOnDemandPrice.join(', ')}.`]),
  ];
}
