/** The one line of truth about a job, as words. A number that nobody measured is said to be unknown. Pure. */
import type { JobState } from '../../../core/contract/job.js';
import type { JobRecord } from '../../../core/record/job-record.js';
import { count, dollars, percent, plural, span } from '../../display/format.js';

export const UNKNOWN = 'unknown';

export const STATE_WORDS: Readonly<Record<JobState, string>> = {
  submitting: 'Being submitted',
  running: 'Running',
  complete: 'Complete',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

/** The mood of a state, which the style sheet colours. */
export type Mood = 'good' | 'bad' | 'mixed' | 'going';

export interface Figure {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
  readonly mood?: Mood;
}

export const isOver = (state: JobState): boolean => state === 'complete' || state === 'failed' || state === 'cancelled';

export function moodOf({ how: { state }, outcomes: { items, batches } }: JobRecord): Mood {
  if (!isOver(state)) return 'going';
  if (state !== 'complete' || batches.givenUp > 0 || (items.ok === 0 && items.failed > 0)) return 'bad';
  return items.failed > 0 ? 'mixed' : 'good';
}

export function figuresOf(record: JobRecord): readonly Figure[] {
  const { how, outcomes, cost } = record;
  const { ok, failed, total } = outcomes.items;
  const left = total - ok - failed;
  return [
    {
      name: 'items ok',
      value: count(ok),
      note: `${percent(ok, total)} of ${count(total)}${left > 0 ? `, ${count(left)} left` : ''}`,
    },
    { name: 'failed', value: count(failed), ...failedNote(record), ...(failed > 0 ? { mood: 'bad' } : {}) },
    { name: 'time', value: span(how.seconds), ...(isOver(how.state) ? {} : { note: 'so far' }) },
    { name: 'cost on Spot', value: dollarsOr(cost.spotDollars), ...costNote(record) },
    savedFigure(record),
  ];
}

function failedNote({ outcomes: { batches } }: JobRecord): { readonly note?: string } {
  return batches.givenUp > 0 ? { note: `${plural(batches.givenUp, 'batch', 'batches')} given up` } : {};
}

function costNote({ cost, outcomes: { items } }: JobRecord): { readonly note?: string } {
  const done = items.ok + items.failed;
  if (cost.spotDollars === undefined || done === 0) return {};
  return { note: `${dollars((cost.spotDollars / done) * 1e6)} per million items` };
}

function savedFigure({ cost: { spotDollars, onDemandDollars } }: JobRecord): Figure {
  const name = 'saved';
  if (spotDollars === undefined || onDemandDollars === undefined || onDemandDollars <= 0) {
    return { name, value: UNKNOWN, note: 'against on demand' };
  }
  return { name, value: savedText(spotDollars, onDemandDollars), note: `on demand: ${dollars(onDemandDollars)}` };
}

export const savedText = (spotDollars: number, onDemandDollars: number): string =>
  `${Math.floor((1 - spotDollars / onDemandDollars) * 100)} %`;

export const dollarsOr = (value: number | undefined): string => (value === undefined ? UNKNOWN : dollars(value));

/** The title of the page, for the tabs of a browser. */
export const titleOf = (record: JobRecord): string =>
  `${record.name ?? record.job}: ${STATE_WORDS[record.how.state].toLowerCase()}, ${percent(
    record.outcomes.items.ok + record.outcomes.items.failed,
    record.outcomes.items.total,
  )}`;
