/** The options that say where results are written, in which form, and which of them. */
import { InvalidArgumentError } from 'commander';
import { OUT_FORMATS } from '../results/out-target.js';
import { choice, inGroup, parsed, text, toggle } from './option-rows.js';

const UNITS: Readonly<Record<string, number>> = { KB: 1e3, MB: 1e6, GB: 1e9 };
/** Smaller parts are a slip of the keyboard: there may be 100,000 of them. */
const LEAST_PART_BYTES = 64e3;
/** An upload to S3 has room for no more (aws/s3-object-store.ts). */
const MOST_PART_BYTES = 40e9;

export function partSize(value: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?(KB|MB|GB)$/i.exec(value) ?? [];
  const bytes = Math.round(Number(number) * (UNITS[unit.toUpperCase()] ?? NaN));
  if (bytes >= LEAST_PART_BYTES && bytes <= MOST_PART_BYTES) return bytes;
  throw new InvalidArgumentError('It must be a size from 64KB to 40GB, such as 256MB.');
}

export const resultsOptions = inGroup('Results:', {
  out: text(
    '<place>',
    'write the results to this file; its ending says the form: .jsonl, .csv, .parquet, .jsonl.gz or .csv.gz, and any other name is JSON Lines. ' +
      "A name that ends in '/' is a folder for parts, and s3://bucket/prefix/ a place in S3 (default: the dataset's name with .results.jsonl)",
  ),
  outFormat: choice('<format>', 'write this form where the name of --out tells none', OUT_FORMATS),
  partSize: parsed('<size>', 'end a part at this size, such as 256MB, when --out is a folder or prefix', partSize, {
    defaultText: '256MB',
  }),
  jsonColumns: toggle('write objects and arrays as JSON texts when the results are Parquet'),
  only: choice('<kind>', 'write only the items that are ok, or only those that failed', ['ok', 'failed'] as const),
  withInput: toggle('write each item beside its result'),
  withSource: toggle('write the file that each item is from, and its row there, beside its result'),
  ids: toggle('leave ids and kept fields out of the results', { flag: '--no-ids' }),
  failedOut: text(
    '<file>',
    'write the inputs of the failed items to this JSON Lines file, too, so that they can be mended and submitted again',
  ),
  force: toggle('replace what spotpool did not write or what was changed since, or parts of another job'),
});
