/** The file that results go to when nobody names one: the dataset's name tells it. Pure. */

/** A dataset that has no name of its own: standard input, a pipe, several files, a prefix. */
const NAMELESS = 'results.jsonl';
const ENDING = '.results.jsonl';

/** The ending of a dataset's name says how it is written, not what is in it. */
const COMPRESSIONS = /\.(gz|bz2|xz|zst|zip)$/i;
const FORMATS = /\.(jsonl|ndjson|json|jl|csv|tsv|txt|text|parquet|arrow|feather)$/i;

/** File systems take 255 bytes; what is written beside the results has longer names. */
const MOST_NAME_BYTES = 150;

/** `molecules.csv.gz` gives `molecules.results.jsonl`, in the working directory, wherever the dataset is. */
export function defaultResultsFile(dataset: string): string {
  const path = dataset.replace(/^s3:\/\//, '');
  if (dataset === '-' || /[*?]/.test(path) || /^\/(dev|proc)\//.test(path)) return NAMELESS;
  const base = path.slice(path.lastIndexOf('/') + 1);
  // A dataset's name may come from another user's manifest: no control character may reach a terminal.
  const name = base.replace(COMPRESSIONS, '').replace(FORMATS, '').replaceAll(/\p{C}/gu, '');
  if (/^\.*$/.test(name) || new TextEncoder().encode(name).length > MOST_NAME_BYTES) return NAMELESS;
  return name + ENDING;
}
