/** Options of commands as rows of a table, from which commander's options, the types of their values and the reference are derived. */
import { Option } from 'commander';
import type { DefinedFields } from '../../core/defined-fields.js';

export interface OptionRow<Value> {
  /** Begins with a verb. */
  readonly help: string;
  /** The name of its value; absent for a switch. */
  readonly value?: `<${string}>`;
  /** The name on the command line, where it is not the field's own in kebab case. */
  readonly flag?: `--${string}`;
  readonly short?: `-${string}`;
  /** Throws commander's InvalidArgumentError. `previous` is the value of the same option given earlier. */
  parse?(text: string, previous: Value | undefined): Value;
  readonly choices?: readonly string[];
  readonly default?: Value;
  /** Says the default where its value says little. */
  readonly defaultText?: string;
  readonly required?: true;
  /** Left out of help and reference. */
  readonly hidden?: true;
  /** The heading under which help shows it. */
  readonly group?: string;
}

export type OptionRows = Readonly<Record<string, OptionRow<unknown>>>;

/** The values that a command gets: fields that may be absent are optional. */
export type OptionValues<Rows extends OptionRows> = DefinedFields<{
  readonly [Name in keyof Rows]: Rows[Name] extends OptionRow<infer Value> ? Value : never;
}>;

/** A command without options of its own. */
export type NoOptions = Readonly<Record<never, OptionRow<unknown>>>;

type More<Value> = Omit<OptionRow<Value>, 'help' | 'value' | 'parse' | 'choices' | 'default' | 'required'>;

/** An option without a value. */
export const toggle = (help: string, more: More<boolean | undefined> = {}): OptionRow<boolean | undefined> => ({
  help,
  ...more,
});

/** An option whose value is any text. */
export const text = (
  value: `<${string}>`,
  help: string,
  more: More<string | undefined> = {},
): OptionRow<string | undefined> => ({ value, help, ...more });

/** An option whose value is one of these words. */
export const choice = <Word extends string>(
  value: `<${string}>`,
  help: string,
  choices: readonly Word[],
  more: More<Word | undefined> = {},
): OptionRow<Word | undefined> => ({ value, help, choices, ...more });

/** An option whose value is parsed. */
export const parsed = <Value>(
  value: `<${string}>`,
  help: string,
  parse: (text: string, previous?: Value) => Value,
  more: More<Value | undefined> = {},
): OptionRow<Value | undefined> => ({ value, help, parse, ...more });

/** An option that has a value when it is not given. */
export const withDefault = <Value>(
  row: OptionRow<Value | undefined>,
  value: Value,
  defaultText?: string,
): OptionRow<Value> => ({
  ...(row as OptionRow<Value>),
  default: value,
  ...(defaultText === undefined ? {} : { defaultText }),
});

export const required = <Value>(row: OptionRow<Value | undefined>): OptionRow<Value> => ({
  ...(row as OptionRow<Value>),
  required: true,
});

/** All rows of a table under one heading of the help. */
export const inGroup = <Rows extends OptionRows>(group: string, rows: Rows): Rows =>
  Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, { ...row, group }])) as unknown as Rows;

/** The option's name as users write it: `maxWorkers` is `--max-workers`. */
export const flagOf = (name: string, row: OptionRow<unknown>): string =>
  row.flag ?? `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** The option with its short form and its value, as help shows it. */
export const usageOf = (name: string, row: OptionRow<unknown>): string =>
  [
    row.short === undefined ? '' : `${row.short}, `,
    flagOf(name, row),
    row.value === undefined ? '' : ` ${row.value}`,
  ].join('');

export function makeOption(name: string, row: OptionRow<unknown>): Option {
  const option = new Option(usageOf(name, row), row.help);
  if (row.parse !== undefined) option.argParser((value, previous) => row.parse?.(value, previous));
  if (row.choices !== undefined) option.choices(row.choices);
  if (row.default !== undefined) option.default(row.default, row.defaultText);
  if (row.required) option.makeOptionMandatory();
  if (row.hidden) option.hideHelp();
  if (row.group !== undefined) option.helpGroup(row.group);
  return option;
}

/** The values by the names of the table: commander names them by their flags. */
export function readOptions(rows: OptionRows, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const values = Object.entries(rows).map(
    ([name, row]) => [name, given[makeOption(name, row).attributeName()]] as const,
  );
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}
