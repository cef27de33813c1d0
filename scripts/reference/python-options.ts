/** Generates the tables of keyword arguments of the Python package for `npm run docs`, from the options of the commands. */
import { jobOptionRows } from '../../runner/cli/job-options.js';
import { localCloudRows, localMaxWorkers } from '../../runner/cli/local-options.js';
import { flagOf, type OptionRow, type OptionRows } from '../../runner/cli/option-rows.js';
import { rerunOptions } from '../../runner/cli/rerun-options.js';
import { jobsCommand } from '../../runner/commands/jobs.js';
import { resultsCommand } from '../../runner/commands/results.js';

/** These are parameters of the Python functions by themselves, or are what the functions decide. */
const OWN = new Set(['model', 'local', 'stack', 'out', 'follow', 'items', 'notify', 'json']);

const TABLES: readonly (readonly [name: string, types: string, about: string, rows: OptionRows])[] = [
  ['SUBMIT_OPTIONS', 'SubmitOptions', 'The options of a job.', jobOptionRows],
  ['RESULTS_OPTIONS', 'ResultsOptions', 'The options of results.', resultsCommand.options],
  ['RERUN_OPTIONS', 'RerunOptions', 'The options of a rerun.', withoutResults(rerunOptions)],
  ['JOBS_OPTIONS', 'JobsOptions', 'The options of a list of jobs.', jobsCommand.options],
  ['LOCAL_OPTIONS', 'LocalOptions', 'The options of a local cloud.', { ...localMaxWorkers, ...localCloudRows }],
];

/** A rerun returns a job, whose results are asked for afterwards. */
function withoutResults(rows: OptionRows): OptionRows {
  return Object.fromEntries(Object.entries(rows).filter(([name]) => !Object.hasOwn(resultsCommand.options, name)));
}

const TEXT = ['value', 'str'] as const;
const WHOLE = ['value', 'int'] as const;
const NUMBER = ['value', 'float'] as const;
const SPAN = ['value', 'Union[float, str]'] as const;
const PATH = ['value', 'PathLike'] as const;
const TEXTS = ['list', 'Union[str, Sequence[str]]'] as const;
const VARIABLES = ['mapping', 'Mapping[str, object]'] as const;

/** The form and the type of an option, by its placeholder. An option with a new placeholder gets a line here. */
const BY_PLACEHOLDER: Readonly<Record<string, readonly [form: string, type: string]>> = {
  '<n>': WHOLE,
  '<n|auto>': ['value', 'Union[int, str]'],
  '<n|cpus|auto>': ['value', 'Union[int, str]'],
  '<n|p%>': ['value', 'Union[int, str]'],
  '<seconds>': SPAN,
  '<duration>': SPAN,
  '<x>': NUMBER,
  '<r>': NUMBER,
  '<size>': TEXT,
  '<id>': TEXT,
  '<name>': TEXT,
  '<text>': TEXT,
  '<field>': TEXT,
  '<character>': TEXT,
  '<command>': TEXT,
  '<list>': TEXT,
  '<by>': TEXT,
  '<format>': TEXT,
  '<kind>': TEXT,
  '<null>': TEXT,
  '<bucket|index>': TEXT,
  '<keep|string>': TEXT,
  '<file>': PATH,
  '<names>': TEXTS,
  '<fields>': TEXTS,
  '<states>': TEXT,
  '<when>': TEXT,
  '<code>': TEXTS,
  '<indexes>': TEXT,
  '<NAME=VALUE>': VARIABLES,
  '<NAME=ARN>': VARIABLES,
};

/** Options whose placeholder says less than their type. */
const BY_NAME: Readonly<Record<string, readonly [form: string, type: string]>> = {
  maxInstanceHours: NUMBER,
  weights: PATH,
  files: ['list', 'Union[PathLike, Sequence[PathLike]]'],
  ship: ['list', 'Union[PathLike, Sequence[PathLike]]'],
  reclaims: TEXTS,
};

function formOf(name: string, row: OptionRow<unknown>): readonly [form: string, type: string] {
  if (row.value === undefined) return ['switch', 'bool'];
  const found = BY_NAME[name] ?? BY_PLACEHOLDER[row.value];
  if (found === undefined) {
    throw new Error(
      `The option ${flagOf(name, row)} ${row.value} has no type in Python. Give it one in scripts/reference/python-options.ts.`,
    );
  }
  if (row.choices !== undefined && found === TEXT) {
    return ['value', `Literal[${row.choices.map((word) => JSON.stringify(word)).join(', ')}]`];
  }
  return found;
}

/** Python's keywords are the flags in snake case: `--no-try` is `no_try`. */
const keyword = (flag: string): string => flag.replace(/^--/, '').replaceAll('-', '_');

const shown = (rows: OptionRows): readonly (readonly [string, OptionRow<unknown>])[] =>
  Object.entries(rows).filter(([name, { hidden }]) => !OWN.has(name) && hidden !== true);

function table([name, , , rows]: (typeof TABLES)[number]): string {
  const lines = shown(rows).map(([field, row]) => {
    const flag = flagOf(field, row);
    const [form, type] = formOf(field, row);
    const words = [flag, form, type, row.help].map((word) => JSON.stringify(word));
    return `    ${JSON.stringify(keyword(flag))}: Option(${words.join(', ')}),`;
  });
  return [`${name}: Dict[str, Option] = {`, ...lines, '}'].join('\n');
}

function types([, name, about, rows]: (typeof TABLES)[number]): string {
  const lines = shown(rows).map(
    ([field, row]) => `    ${keyword(flagOf(field, row))}: Optional[${formOf(field, row)[1]}]`,
  );
  return [`class ${name}(TypedDict, total=False):`, `    """${about}"""`, '', ...lines].join('\n');
}

export const pythonOptions = (): string =>
  [
    '"""Written by `npm run docs` from the options of the commands in runner/cli. Change them there."""',
    'from __future__ import annotations',
    'from typing import Dict, Literal, Mapping, Optional, Sequence, TypedDict, Union',
    'from ._arguments import Option\nfrom ._items import PathLike',
    ...TABLES.map(table),
    ...TABLES.map(types),
    'class RunOptions(SubmitOptions, ResultsOptions, total=False):\n    """The options of a job, and of the results that it writes."""\n',
  ].join('\n\n');
