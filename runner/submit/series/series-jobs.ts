/**
 * Names the jobs of a series. An id is made of the values, and not of their order: the same command with one value more has the jobs of before, and one
 * more. Pure.
 */
import { createHash } from 'node:crypto';
import { isJobId, LONGEST_JOB_ID } from '../../../core/contract/job-id.js';
import { type JobSeries, MOST_SERIES_JOBS } from '../../../core/contract/series.js';
import { printable } from '../../../core/printable.js';
import { seriesText } from '../../../core/record/series-text.js';
import type { EachVariable } from '../../cli/each-option.js';
import { count } from '../../display/format.js';
import { UserError } from '../../errors.js';

export interface SeriesJob {
  readonly job: string;
  readonly name: string;
  readonly values: JobSeries['values'];
}

/** Long enough that no two of some hundred texts have the same, and short enough to be read. */
const HASH_CHARACTERS = 8;
/** Longer words make an id that nobody reads to its end. */
const MOST_WORD_CHARACTERS = 24;
/** A longer id leaves no room for what tells its jobs apart. */
const MOST_SERIES_ID_CHARACTERS = LONGEST_JOB_ID - 1 - HASH_CHARACTERS;
/** The name of a job stands in lines of text, beside others. */
const MOST_NAME_CHARACTERS = 100;

/** The last variable changes fastest, as with nested loops. */
export function seriesJobs(
  series: string,
  each: readonly EachVariable[],
  name: string | undefined,
): readonly SeriesJob[] {
  if (!isJobId(series) || series.length > MOST_SERIES_ID_CHARACTERS) {
    throw new UserError(
      `The id ${series} is too long for a series. Its jobs have ids that begin with it, so it has at most ${MOST_SERIES_ID_CHARACTERS} characters.`,
    );
  }
  const number = each.reduce((product, { values }) => product * values.length, 1);
  if (number > MOST_SERIES_JOBS) {
    throw new UserError(
      `--each would make ${count(number)} jobs (${each.map(({ values }) => values.length).join(' × ')}). At most ${MOST_SERIES_JOBS} are submitted at once: give fewer values.`,
    );
  }
  const jobs = combinations(each).map((values) => ({
    job: jobIdOf(series, values),
    name: nameOf(name, values),
    values,
  }));
  const byId = new Map<string, SeriesJob>();
  for (const each of jobs) {
    const other = byId.get(each.job);
    if (other !== undefined) {
      throw new UserError(
        `${seriesText(other.values)} and ${seriesText(each.values)} would both be job ${each.job}, because an id has only ${ID_CHARACTERS}. Submit one of them with another --id.`,
      );
    }
    byId.set(each.job, each);
  }
  return jobs;
}

const ID_CHARACTERS = 'lower-case letters, digits and hyphens';

function combinations([first, ...others]: readonly EachVariable[]): readonly JobSeries['values'][] {
  if (first === undefined) return [{}];
  const rest = combinations(others);
  return first.values.flatMap((value) => rest.map((values) => ({ [first.name]: value, ...values })));
}

/** `<series>-lr-0-1`. What has no room ends in a hash of the values. */
function jobIdOf(series: string, values: JobSeries['values']): string {
  const words = Object.entries(values).flatMap(([name, value]) => [wordOf(name), wordOf(value)]);
  const id = [series, ...words].join('-');
  if (id.length <= LONGEST_JOB_ID) return id;
  return `${id.slice(0, LONGEST_JOB_ID - 1 - HASH_CHARACTERS)}-${hashOf(JSON.stringify(values))}`;
}

/** The sign of a negative number stays, because the value without it is another one. */
function wordOf(text: string): string {
  const word = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  if (word === '' || word.length > MOST_WORD_CHARACTERS) {
    return `${word.slice(0, MOST_WORD_CHARACTERS - HASH_CHARACTERS)}${hashOf(text)}`;
  }
  return text.startsWith('-') ? `-${word}` : word;
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, HASH_CHARACTERS);

function nameOf(name: string | undefined, values: JobSeries['values']): string {
  const whole = printable([...(name === undefined ? [] : [name]), seriesText(values)].join(': '));
  return whole.length <= MOST_NAME_CHARACTERS ? whole : `${whole.slice(0, MOST_NAME_CHARACTERS - 1)}…`;
}
