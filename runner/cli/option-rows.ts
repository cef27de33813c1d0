/** An option of a command is a row of a table. Commander's options, the types of their values and the reference are derived from it. */
import { Option } from 'commander';
import type { DefinedFields } from '../../core/defined-fields.js';

export interface OptionRow<Value> {
  /** It begins with a verb, in lower case, and has no full stop. */
  readonly help: string;
  /** The placeholder of its value; absent for a switch. */
  readonly value?: `<${string}>`;
  /** The name on the command line; absent when it is the field's name in kebab case. */
  readonly flag?: `--${string}`;
  readonly short?: `-${string}`;
  /** Throws commander's InvalidArgumentError. `previous` is the value of an earlier use of the same option. */
  parse?(text: string, previous: Value | undefined): Value;
  readonly choices?: readonly string[];
  readonly default?: Value;
  /** Help shows this text in place of the default value. */
  readonly defaultText?: string;
  readonly required?: true;
  /** True when help and reference leave it out. */
  readonly hidden?: true;
  /** Help lists it under this heading. */
  readonly group?: string;
}

export type OptionRows = Readonly<Record<string, OptionRow<unknown>>>;

/** The type of the values that a command gets. Options that may be absent are optional fields. */
export type OptionValues<Rows extends OptionRows> = DefinedFields<{
  readonly [Name in keyof Rows]: Rows[Name] extends OptionRow<infer Value> ? Value : never;
}>;

/** The rows of a command without options of its own. */
export type NoOptions = Readonly<Record<never, OptionRow<unknown>>>;

type More<Value> = Omit<OptionRow<Value>, 'help' | 'value' | 'parse' | 'choices' | 'default' | 'required'>;

/** Makes an option without a value. */
export const toggle = (help: string, more: More<boolean | undefined> = {}): OptionRow<boolean | undefined> => ({
  help,
  ...more,
});

/** Makes an option whose value is any text. */
export const text = (
  value: `<${string}>`,
  help: string,
  more: More<string | undefined> = {},
): OptionRow<string | undefined> => ({ value, help, ...more });

/** Makes an option whose value is one of these words. */
export const choice = <Word extends string>(
  value: `<${string}>`,
  help: string,
  choices: readonly Word[],
  more: More<Word | undefined> = {},
): OptionRow<Word | undefined> => ({ value, help, choices, ...more });

/** Makes an option whose value is parsed. */
export const parsed = <Value>(
  value: `<${string}>`,
  help: string,
  parse: (text: string, previous?: Value) => Value,
  more: More<Value | undefined> = {},
): OptionRow<Value | undefined> => ({ value, help, parse, ...more });

/** Gives an option the value that it has when it is left out. */
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

/** Puts all rows of a table under one heading of the help. */
export const inGroup = <Rows extends OptionRows>(group: string, rows: Rows): Rows =>
  Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, { ...row, group }])) as unknown as Rows;

/** Returns the option's name as users write it: `maxWorkers` is `--max-workers`. */
export const flagOf = (name: string, row: OptionRow<unknown>): string =>
  row.flag ?? `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Returns the option with its short form and its placeholder, as help shows it. */
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
  if (row.hidden) option.hideHelp();
  if (row.group !== undefined) option.helpGroup(row.group);
  return option;
}

/** Returns the values under the names of the table, because commander keeps them under the names of the flags. */
export function readOptions(rows: OptionRows, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const values = Object.entries(rows).map(
    ([name, row]) => [name, given[makeOption(name, row).attributeName()]] as const,
  );
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}
