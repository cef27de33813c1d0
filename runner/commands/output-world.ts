/** Puts the options of results and the world of a command together, as runner/results needs them. */
import { definedFields } from '../../core/defined-fields.js';
import type { CliContext, StackPorts } from '../cli/context.js';
import type { OptionValues } from '../cli/option-rows.js';
import type { resultsOptions } from '../cli/results-options.js';
import type { OutputWorld } from '../results/open-results.js';
import type { GivenFile } from '../results/output-place.js';
import type { ResultsChoice } from '../results/write-output.js';

export type ResultsFlags = OptionValues<typeof resultsOptions>;

export const resultsChoice = (
  out: string,
  {
    outFormat: format,
    partSize: partBytes,
    only,
    failedOut,
    jsonColumns,
    withInput,
    withSource,
    ids,
    force = false,
  }: ResultsFlags,
): ResultsChoice => ({
  out,
  force,
  ...definedFields({ format, partBytes, only, failedOut, jsonColumns, withInput, withSource, ids }),
});

export const outputWorld = (
  { cwd, stdout, signal }: CliContext,
  given: readonly GivenFile[],
  ports?: StackPorts,
): OutputWorld => ({
  cwd,
  stdout,
  given,
  signal,
  ...(ports === undefined ? {} : { s3: { buckets: ports.resultBuckets, stackBucket: ports.config.bucket } }),
});
