/** The programs' way to read the results of a job: typed lines, in the order of the dataset. */
import { encodeResultRow, type ResultRow } from '../../core/contract/result-row.js';
import { definedFields } from '../../core/defined-fields.js';
import { SpotpoolError } from '../errors.js';
import { damagedOf } from '../results/describe-written.js';
import { joinsOf } from '../results/joined/joins-of.js';
import { resultsOfJob } from '../results/results-of-job.js';
import { chosenRows, readResults } from '../results/write-results.js';
import { readJobView } from '../status/job-status.js';
import type { ResultLine, ResultsOptions } from './types.js';
import type { OpenedStack } from './world.js';

/** Damaged outcomes are an error behind the last line, because no item may be lost in silence. */
export async function* results<Output, Input>(
  { ports }: Pick<OpenedStack, 'ports'>,
  job: string,
  { only, partial, jobOfLine, ...joined }: Omit<ResultsOptions, 'signal'>,
  signal: AbortSignal,
): AsyncGenerator<ResultLine<Output, Input>, void, undefined> {
  const { manifest } = await readJobView(ports.store, job, signal);
  const { withSource } = joined;
  const whole = await resultsOfJob(manifest, ports, { withSource, signal });
  const { stage, columns } = joinsOf(whole, { ...joined, jobOfLine }, whole);
  const { createdAt: _createdAt, dataset: _dataset, provenance: _provenance, lineage: _lineage, ...reading } = whole;
  const read = readResults({ ...reading, ...definedFields({ stage, partial, jobOfLine }) });
  for await (const rows of read.rows()) {
    for (const row of chosenRows(rows, only)) yield lineOf<Output, Input>(row, columns.keep);
  }
  const damaged = damagedOf(read.total());
  if (damaged.length > 0) throw new SpotpoolError(damaged.map(({ message }) => message).join('\n'));
}

/** The types of outputs and items are what the caller says they are. */
function lineOf<Output, Input>(row: ResultRow, keep: readonly string[]): ResultLine<Output, Input> {
  const json = encodeResultRow(row, keep).trimEnd();
  const line: unknown = JSON.parse(json);
  return { ...(line as ResultLine<Output, Input>), json };
}
