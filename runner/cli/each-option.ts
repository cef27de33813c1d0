/**
 * The option `--each NAME=VALUE,VALUE`. Commas separate the values. A text with a comma in it is given as a list of JSON, because its quotes and escapes are
 * known, and no value is changed on its way.
 */
import { InvalidArgumentError } from 'commander';
import { ARGUMENT_CHARACTERS } from '../../core/contract/job-options.js';
import { MOST_SERIES_JOBS, MOST_SERIES_VARIABLES } from '../../core/contract/series.js';
import { decode, list, text } from '../../core/contract/shape.js';
import { UserError } from '../errors.js';
import { type OptionRow, parsed } from './option-rows.js';

/** A variable of the model's environment, with a value for each job. */
export interface EachVariable {
  readonly name: string;
  /** There is at least one, and all differ. */
  readonly values: readonly string[];
}

const FORM = `It must be NAME=VALUE,VALUE, such as LR=0.1,0.2, or NAME=["VALUE","VALUE"] for values that have commas or begin with [.`;

export function eachVariable(given: string, previous: readonly EachVariable[] = []): readonly EachVariable[] {
  const [, name, written] = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(given) ?? [];
  if (name === undefined || written === undefined) throw new InvalidArgumentError(FORM);
  const values = written.startsWith('[') ? decode(jsonValues, written) : written.split(',');
  if (values === undefined || values.length === 0) throw new InvalidArgumentError(FORM);
  if (!written.startsWith('[') && values.includes('')) {
    throw new InvalidArgumentError(`A value is empty. An empty text is given in JSON: ${name}=["","a"].`);
  }
  const twice = values.find((value, at) => values.indexOf(value) < at);
  if (twice !== undefined) throw new InvalidArgumentError(`The value ${JSON.stringify(twice)} is given twice.`);
  if (previous.some((variable) => variable.name === name)) {
    throw new InvalidArgumentError(`The variable ${name} is given twice. Give all its values at once: ${name}=A,B.`);
  }
  if (previous.length >= MOST_SERIES_VARIABLES) {
    throw new InvalidArgumentError(`A series has at most ${MOST_SERIES_VARIABLES} variables.`);
  }
  return [...previous, { name, values }];
}

/** Numbers are texts, too: 0.10 and 0.1 are two values. */
const jsonValues = list(text(ARGUMENT_CHARACTERS), MOST_SERIES_JOBS);

export const eachRow = parsed(
  '<NAME=A,B>',
  'submit one job for each of these values of an environment variable of the model; several of these options make a job for each combination (repeatable)',
  eachVariable,
);

/** Commands that follow one job know the option only to refuse it. */
export const refusedEachRow = (command: string): OptionRow<undefined> => ({
  value: '<NAME=A,B>',
  help: 'refuse several jobs at once',
  hidden: true,
  parse: () => {
    throw new UserError(
      `--each makes several jobs, and ${command} takes one. Submit them with "spotpool submit … --each NAME=A,B", or give one value with --env NAME=A.`,
    );
  },
});

/** One variable cannot have two values. */
export function refuseTwice(
  each: readonly EachVariable[],
  { env = {}, secrets = {} }: { readonly env?: object | undefined; readonly secrets?: object | undefined },
): void {
  for (const { name } of each) {
    const other = Object.hasOwn(env, name) ? '--env' : Object.hasOwn(secrets, name) ? '--secret' : undefined;
    if (other !== undefined) {
      throw new UserError(`${name} is given with --each and with ${other}. Leave one of them out.`);
    }
  }
}
