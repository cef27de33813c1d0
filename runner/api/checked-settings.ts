/**
 * Checks the options that a program gives, by the rows of the command line's options, so that both have one truth. A program in JavaScript may give
 * anything. Messages name the option as the program does.
 */
import { InvalidArgumentError } from 'commander';
import { type JobFlags, jobOptionRows } from '../cli/job-options.js';
import type { OptionRow, OptionRows } from '../cli/option-rows.js';
import { UserError } from '../errors.js';
import type { JobSettings } from './types.js';

type Unknown = Exclude<keyof typeof jobOptionRows, keyof JobSettings>;
/** The compiler asks for each option of the command line in the API, and the other way round. */
const rows: OptionRows & Record<keyof JobSettings, OptionRow<unknown>> & Record<Unknown, never> = jobOptionRows;

/** Returns the options as a command has them, with the defaults. */
export function flagsOf(settings: JobSettings, call: string): JobFlags {
  const given = new Map<string, unknown>(Object.entries(settings));
  const strange = [...given.keys()].find((name) => !Object.hasOwn(rows, name));
  if (strange !== undefined) throw new UserError(`${call} has no option ${strange}.`);
  const values = Object.entries<OptionRow<unknown>>(rows).map(([name, row]) => {
    const value = given.get(name);
    if (value !== undefined) return [name, checked(name, row, value)] as const;
    if (row.required === true) throw new UserError(`${call} needs the option ${name}.`);
    // Commander gives the switch of a `--no-` option the value true.
    return [name, row.flag?.startsWith('--no-') === true ? true : row.default] as const;
  });
  return Object.fromEntries(values.filter(([, value]) => value !== undefined)) as unknown as JobFlags;
}

function checked(name: string, row: OptionRow<unknown>, value: unknown): unknown {
  const refuse = (why: string): UserError => new UserError(`The option ${name} cannot be ${shown(value)}. ${why}`);
  if (row.value === undefined) {
    if (typeof value !== 'boolean') throw refuse('It must be true or false.');
    return value;
  }
  const texts = textsOf(value);
  const split = namesOf(value).find((key) => key.includes('='));
  if (split !== undefined)
    throw new UserError(`The option ${name} cannot have the name ${shown(split)}. A name has no =.`);
  if (texts === undefined) throw refuse('It must be a text, a number, a list of texts, or an object of texts.');
  const { choices } = row;
  const strange = choices === undefined ? undefined : texts.find((text) => !choices.includes(text));
  if (strange !== undefined) throw refuse(`It must be ${choices?.join(', ')}.`);
  if (row.parse === undefined) {
    if (typeof value !== 'string') throw refuse('It must be a text.');
    return value;
  }
  try {
    return texts.reduce<unknown>((previous, text) => row.parse?.(text, previous), undefined);
  } catch (error) {
    throw error instanceof InvalidArgumentError ? refuse(error.message) : error;
  }
}

/** Returns the texts of an option that may be given several times on the command line. */
function textsOf(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  if (Array.isArray(value)) return value.every((one) => typeof one === 'string') ? value : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
  return entries.every(([, one]) => typeof one === 'string')
    ? entries.map(([name, one]) => `${name}=${String(one)}`)
    : undefined;
}

const namesOf = (value: unknown): readonly string[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];

const MOST_SHOWN = 80;

function shown(value: unknown): string {
  const json: unknown = typeof value === 'bigint' ? `${value}n` : JSON.stringify(value);
  const text = typeof json === 'string' ? json : `a ${typeof value}`;
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}
