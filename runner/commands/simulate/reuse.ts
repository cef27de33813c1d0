/** `spotpool simulate reuse` repeats the simulation of the parallel-inference literature: workers that keep their model, against stateless tasks. */
import { InvalidArgumentError } from 'commander';
import { setImmediate } from 'node:timers/promises';
import { type ReuseRow, studyReuse } from '../../../core/forecast/reuse-study.js';
import { type Call, defineCommand } from '../../cli/command.js';
import { EXIT } from '../../cli/exit-codes.js';
import { parsed, toggle, withDefault } from '../../cli/option-rows.js';
import { integerBetween, numberBetween } from '../../cli/values.js';
import { UserError } from '../../errors.js';
import { reuseCsv, reusePlots, reuseTable } from '../../simulate/reuse-text.js';
import { MOST_SEED, MOST_SIMULATIONS } from './bounds.js';

/** A point of this many inputs takes seconds, and the time grows with their number. */
const MOST_INPUTS = 100_000;
const MOST_PROVISIONING = 1_000_000;
/** More values on an axis than this would make thousands of points. */
const MOST_VALUES = 30;
const SIMULATIONS = 300;
/** Three points for each power of ten, or nearly so. */
const DEFAULT_AXIS: readonly number[] = [1, 3, 10, 30, 100, 300, 1_000];
const DEFAULT_TEXT = DEFAULT_AXIS.join(',');

function listOf(parse: (text: string) => number): (text: string) => readonly number[] {
  return (text) => {
    const values = [...new Set(text.split(',').map((value) => parse(value.trim())))];
    if (values.length > MOST_VALUES) throw new InvalidArgumentError(`It must be at most ${MOST_VALUES} values.`);
    return values;
  };
}

const reuseOptions = {
  inputs: withDefault(
    parsed<readonly number[]>(
      '<n,…>',
      'simulate these numbers of inputs; as many nodes are asked for',
      listOf(integerBetween(1, MOST_INPUTS)),
    ),
    DEFAULT_AXIS,
    DEFAULT_TEXT,
  ),
  provisioning: withDefault(
    parsed<readonly number[]>(
      '<units,…>',
      'simulate these longest provisioning times, in units of one inference',
      listOf(numberBetween(0.001, MOST_PROVISIONING)),
    ),
    DEFAULT_AXIS,
    DEFAULT_TEXT,
  ),
  simulations: withDefault(
    parsed('<n>', 'simulate each point so many times', integerBetween(1, MOST_SIMULATIONS)),
    SIMULATIONS,
  ),
  seed: withDefault(parsed('<n>', 'draw other random numbers', integerBetween(0, MOST_SEED)), 1),
  csv: toggle('print rows of CSV'),
};

export const reuseCommand = defineCommand({
  name: 'reuse',
  description:
    'Simulate what it saves to reuse workers. Workers that keep their model are compared with stateless tasks that load it for each input, as in the parallel-inference literature. An inference takes 1 time unit, a load 1, the setup of a node 3; a node costs 1 a unit. Our assumptions: provisioning times are uniform from 0 to the longest, a worker takes an input and then loads its model, and stateless tasks reuse nodes, too.',
  args: {},
  options: reuseOptions,
  examples: [
    'spotpool simulate reuse',
    'spotpool simulate reuse --inputs 10000 --provisioning 100,1000',
    'spotpool simulate reuse --csv > reuse.csv',
  ],
  run: reuse,
});

async function reuse({ context, options }: Call<never, typeof reuseOptions>): Promise<number> {
  const { terminal, signal } = context;
  const { inputs, provisioning, simulations, seed, csv, json } = options;
  if (csv === true && json) throw new UserError('--csv and --json are two forms of the same output. Give one of them.');
  const rows: ReuseRow[] = [];
  for (const some of inputs) {
    for (const maxProvisioning of provisioning) {
      rows.push(studyReuse({ inputs: some, maxProvisioning }, { simulations, seed }));
      // Ctrl-C is heard between two points.
      await setImmediate();
      signal.throwIfAborted();
    }
  }
  if (json) terminal.out(`${JSON.stringify({ simulations, seed, rows })}\n`);
  else if (csv === true) terminal.out(reuseCsv(rows));
  else {
    const plots = reusePlots(rows);
    const head = `What reuse saves, of ${simulations} simulations a point (seed ${seed}).`;
    const unit = 'Times are in units of one inference.';
    terminal.out(
      `${[head, unit, '', ...reuseTable(rows), ...(plots.length === 0 ? [] : ['', ...plots])].join('\n')}\n`,
    );
  }
  return EXIT.ok;
}
