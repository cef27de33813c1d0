/**
 * The options of `try`: those of the model and of the dataset. The other options of `run` are accepted and have no effect, so that one word of a command line
 * is all that has to be changed.
 */
import { refusedEachRow } from './each-option.js';
import { jobOptionRows } from './job-options.js';
import { inGroup, type OptionRow, type OptionValues, parsed, toggle } from './option-rows.js';
import { stackOptions } from './stack-options.js';
import { integerBetween } from './values.js';

/** They say how a fleet works on a job. */
const OF_FLEETS: ReadonlySet<string> = new Set([
  'id',
  'name',
  'batchSize',
  'batchBytes',
  'maxWorkers',
  'slots',
  'maxAttempts',
  'maxInstanceHours',
  'maxFailed',
  'try',
]);

const accepted = Object.fromEntries(
  Object.entries(jobOptionRows).map(([name, row]: [string, OptionRow<unknown>]) => [
    name,
    OF_FLEETS.has(name) ? { ...row, hidden: true } : row,
  ]),
) as unknown as typeof jobOptionRows;

const MOST_ITEMS = 1_000_000;
const MOST_MEMORY_MIB = 64 * 1024 * 1024;

export const tryOptions = {
  ...inGroup('Options of the trial:', {
    items: parsed(
      '<n>',
      'take this many items, however long they are computed (default: at most 100, or 20 objects, for about 20 s)',
      integerBetween(1, MOST_ITEMS),
    ),
    twice: toggle('repeat every item in a fresh process, and report the outputs that differ'),
    memory: parsed(
      '<MiB>',
      "end the model when it uses more memory than this, as on a smaller machine (default: 80 % of this machine's)",
      integerBetween(1, MOST_MEMORY_MIB),
    ),
  }),
  ...accepted,
  each: refusedEachRow('try'),
  ...stackOptions,
};

export type TryFlags = OptionValues<typeof tryOptions>;
