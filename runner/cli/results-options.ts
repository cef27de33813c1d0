/** The options that say where results are written. */
import { text, toggle } from './option-rows.js';

export const resultsOptions = {
  out: text('<file>', "write the results to this file (default: the dataset's name with .results.jsonl)"),
  force: toggle('replace a file that spotpool did not write, or that was changed since'),
};
