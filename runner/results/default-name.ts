/** Derives the default results file from the dataset's name. Pure. */
import type { OutFormat } from './out-target.js';

import { isNameOfSeveral } from '../dataset/dataset-name.js';

/** The default for datasets without a name of their own: standard input, a pipe, several files, a prefix. */
const NAMELESS = 'results.';
const ENDING = '.results.';

/** These endings say how a dataset is stored, not what it is, so they are removed from the name. */
const COMPRESSIONS = /\.(gz|bz2|xz|zst|zip)$/i;
const FORMATS = /\.(jsonl|ndjson|json|jl|csv|tsv|txt|text|parquet|arrow|feather)$/i;

/** File systems allow 255 bytes. The files beside the results have longer names, so this leaves room for them. */
const MOST_NAME_BYTES = 150;

/** `molecules.csv.gz` gives `molecules.results.jsonl`. The file goes to the working directory, wherever the dataset is. */
export function defaultResultsFile(dataset: string, format: OutFormat = 'jsonl'): string {
  return nameOf(dataset) + format;
}

function nameOf(dataset: string): string {
  const path = dataset.replace(/^s3:\/\//, '');
  if (dataset === '-' || isNameOfSeveral(dataset) || /[*?]|\[.+\]/.test(path) || /^\/(dev|proc)\//.test(path))
    return NAMELESS;
  const base = path.slice(path.lastIndexOf('/') + 1);
  // A dataset's name may come from another user's manifest, and no control character may reach a terminal.
  const name = base.replace(COMPRESSIONS, '').replace(FORMATS, '').replaceAll(/\p{C}/gu, '');
  if (/^\.*$/.test(name) || new TextEncoder().encode(name).length > MOST_NAME_BYTES) return NAMELESS;
  return name + ENDING;
}
