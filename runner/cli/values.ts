/**
 * Parses option values for commander. A wrong value is refused with the expected form; commander puts the option and the
 * value in front of that sentence.
 */
import { InvalidArgumentError } from 'commander';
import type { JobState } from '../../core/contract/job.js';
import { JOB_ID_RULE, isJobId } from '../../core/contract/job-id.js';
import { NAME_CHARACTERS } from '../../core/contract/job-options.js';
import { MAX_FAILED_FORM, type MaxFailed, parseMaxFailed } from '../../core/contract/max-failed.js';
import type { Ranges } from '../../core/dataset/ranges.js';
import { printable } from '../../core/printable.js';
import { ITEMS_FORM, parseItems } from '../../core/rerun/item-ranges.js';
import { DURATION_FORM, durationMs } from './durations.js';

/** No option takes a larger number of instances, because a slip of the keyboard must not cost a fortune. */
export const MOST_WORKERS = 5_000;

export function integerBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

export function oneOfNumbers(numbers: readonly number[]): (text: string) => number {
  return (text) => {
    const value = numbers.find((number) => String(number) === text);
    if (value === undefined) throw new InvalidArgumentError(`It must be one of ${numbers.join(', ')}.`);
    return value;
  };
}

export function orAuto(parse: (text: string) => number): (text: string) => number | 'auto' {
  return (text) => {
    if (text === 'auto') return 'auto';
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      throw new InvalidArgumentError(error.message.replace(/\.$/, ', or auto.'));
    }
  };
}

export function numberBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
    }
    return value;
  };
}

export function maxFailed(text: string): MaxFailed {
  const value = parseMaxFailed(text);
  if (value === undefined) throw new InvalidArgumentError(`It must be ${MAX_FAILED_FORM}.`);
  return value;
}

export function duration(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined) throw new InvalidArgumentError(`It must be ${DURATION_FORM}.`);
  return ms;
}

/** Options in seconds take a number, such as `90`, or a duration. */
export function seconds(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : (durationMs(text) ?? 0) / 1000;
  if (!(value > 0 && value <= MAX_SECONDS)) {
    throw new InvalidArgumentError(`It must be a number of seconds (up to 11 hours), or ${DURATION_FORM}.`);
  }
  return value;
}

/** A lease cannot be extended beyond twelve hours (R2), so no item may take longer than eleven. */
const MAX_SECONDS = 11 * 3600;

export function slots(text: string): number | 'cpus' | 'auto' {
  if (text === 'cpus' || text === 'auto') return text;
  try {
    return integerBetween(1, MAX_SLOTS)(text);
  } catch {
    throw new InvalidArgumentError(
      `It must be a whole number from 1 to ${MAX_SLOTS}, cpus (one slot per virtual CPU), or auto (the worker measures it).`,
    );
  }
}

/** The largest instances have a few hundred virtual CPUs, so a larger number of slots is a slip of the keyboard. */
const MAX_SLOTS = 512;

const DELIMITER_NAMES: Readonly<Record<string, string>> = { tab: '\t', '\\t': '\t' };

export function delimiter(text: string): string {
  const character = DELIMITER_NAMES[text] ?? text;
  if (!/^[\t\x20-\x7e]$/.test(character) || /["0-9A-Za-z]/.test(character)) {
    throw new InvalidArgumentError("It must be one ASCII character such as ';' (no letter, digit or quote), or tab.");
  }
  return character;
}

export function environmentVariable(
  text: string,
  previous: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) throw new InvalidArgumentError('It must be NAME=VALUE.');
  return { ...previous, [match[1]]: match[2] };
}

/** An empty path is refused, because it would name the whole directory. */
export function paths(text: string, previous: readonly string[] = []): readonly string[] {
  if (text.trim() === '') throw new InvalidArgumentError('It must name a file or folder.');
  return [...previous, text];
}

export function fieldName(text: string): string {
  const isLong = text.length > NAME_CHARACTERS;
  if (text === '' || isLong) throw new InvalidArgumentError(`It must have 1 to ${NAME_CHARACTERS} characters.`);
  return text;
}

export function fieldNames(text: string, previous: readonly string[] = []): readonly string[] {
  const names = [...previous, ...text.split(',').map((name) => fieldName(name.trim()))];
  const twice = names.find((name, n) => names.indexOf(name) !== n);
  if (twice !== undefined) throw new InvalidArgumentError(`The field ${twice} is given twice.`);
  if (names.length > MOST_FIELDS) throw new InvalidArgumentError(`It must name at most ${MOST_FIELDS} fields.`);
  return names;
}

/** Every item is searched for every field. */
const MOST_FIELDS = 100;

/** A name with a comma in it cannot be given. */
export function columnNames(text: string, previous: readonly string[] = []): readonly string[] {
  const names = [...previous, ...text.split(',').map((name) => name.trim())];
  if (names.includes('')) throw new InvalidArgumentError('It must be names of columns with commas between them.');
  const twice = names.find((name, n) => names.indexOf(name) !== n);
  if (twice !== undefined) throw new InvalidArgumentError(`The column ${twice} is given twice.`);
  return names;
}

/** Only the ARN of a secret is accepted, because a value would end up in the bucket. */
export function secret(
  text: string,
  previous: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)=(arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+)$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new InvalidArgumentError(
      'It must be NAME=ARN, with the whole ARN of a secret of AWS Secrets Manager (arn:aws:secretsmanager:…:secret:…).',
    );
  }
  return { ...previous, [match[1]]: match[2] };
}

/** The id becomes part of S3 keys and queue messages. */
export function jobId(text: string): string {
  if (!isJobId(text)) throw new InvalidArgumentError(`A job's id has ${JOB_ID_RULE}.`);
  return text;
}

/** A name stands in lines of text, beside others. */
const MOST_JOB_NAME_CHARACTERS = 100;

/** A name is for people: it may have any characters that a line can show. */
export function jobName(text: string): string {
  const name = text.trim();
  if (name === '' || name.length > MOST_JOB_NAME_CHARACTERS || name !== printable(name)) {
    throw new InvalidArgumentError(`A job's name is one line of 1 to ${MOST_JOB_NAME_CHARACTERS} characters.`);
  }
  return name;
}

export function errorCodes(text: string, previous: readonly string[] = []): readonly string[] {
  if (text === '' || text.length > NAME_CHARACTERS) {
    throw new InvalidArgumentError(`It must have 1 to ${NAME_CHARACTERS} characters.`);
  }
  return previous.includes(text) ? previous : [...previous, text];
}

export function itemRanges(text: string): Ranges {
  const items = parseItems(text);
  if (items === undefined) throw new InvalidArgumentError(`It must be ${ITEMS_FORM}.`);
  return items;
}

/** A larger share would call different numbers equal. */
export function tolerance(text: string): number {
  const value = /^\d+(\.\d+)?([eE][-+]?\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('It must be a number between 0 and 1, such as 1e-6.');
  return value;
}

const STATES: Readonly<Record<JobState, true>> = {
  submitting: true,
  running: true,
  complete: true,
  cancelled: true,
  failed: true,
};

export function jobStates(text: string, previous: readonly JobState[] = []): readonly JobState[] {
  const names = text.split(',').map((name) => name.trim());
  const known = names.filter((name): name is JobState => Object.hasOwn(STATES, name));
  if (known.length < names.length) {
    throw new InvalidArgumentError(
      `It must be one or more of ${Object.keys(STATES).join(', ')}, with commas between them.`,
    );
  }
  return [...previous, ...known];
}

/** A time span before now, or a moment. */
export type Moment =
  { readonly kind: 'span'; readonly beforeMs: number } | { readonly kind: 'date'; readonly atMs: number };

const DAY_MS = 86_400_000;

export function moment(text: string): Moment {
  const days = /^(\d+(?:\.\d+)?)d$/.exec(text.trim())?.[1];
  const beforeMs = days === undefined ? durationMs(text) : Number(days) * DAY_MS;
  if (beforeMs !== undefined) return { kind: 'span', beforeMs };
  const atMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs)) {
    throw new InvalidArgumentError('It must be a time span, such as 90m, 12h or 7d, or a date, such as 2026-01-31.');
  }
  return { kind: 'date', atMs };
}

export interface PlannedReclaim {
  readonly afterMs: number;
  readonly noNotice: boolean;
  /** True when every instance is reclaimed, and not one of them. */
  readonly all?: true;
}

export function reclaim(text: string, previous: readonly PlannedReclaim[] = []): readonly PlannedReclaim[] {
  const [, when = '', all, noNotice] = /^([^:]*)(:all)?(:no-notice)?$/.exec(text) ?? [];
  const afterMs = durationMs(when);
  if (afterMs === undefined) {
    throw new InvalidArgumentError(
      'It must be a duration, optionally followed by :all and :no-notice, like 8s, 12s:no-notice or 1m:all:no-notice.',
    );
  }
  return [
    ...previous,
    { afterMs, noNotice: noNotice !== undefined, ...(all === undefined ? {} : { all: true as const }) },
  ];
}

export interface Latencies {
  readonly sqs?: number;
  readonly s3?: number;
  readonly ec2?: number;
}

const LATENCY_SERVICES: readonly string[] = ['sqs', 's3', 'ec2'];

/** Returns the delay of each service in milliseconds. */
export function latency(text: string): Latencies {
  const entries = text.split(',').map((part): [string, number] => {
    const [service = '', value = ''] = part.split('=');
    const ms = durationMs(value);
    if (!LATENCY_SERVICES.includes(service) || ms === undefined) {
      throw new InvalidArgumentError('It must be like sqs=10ms,s3=30ms (services sqs, s3 and ec2).');
    }
    return [service, ms];
  });
  return Object.fromEntries(entries);
}
