/** The options that say where results are written. */
import { text, toggle } from './option-rows.js';

export const resultsOptions = {
  out: text('<file>', "write the results to this file (default: the dataset's name with .results.jsonl)"),
  withInput: toggle('write each item beside its result'),
  withSource: toggle('write the file that each item is from, and its row there, beside its result'),
  ids: toggle('leave ids and kept fields out of the results', { flag: '--no-ids' }),
  force: toggle('replace a file that spotpool did not write, or that was changed since'),
};
