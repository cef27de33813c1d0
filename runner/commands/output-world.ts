/** Puts the options of results and the world of a command together, as runner/results needs them. */
import type { Manifest } from '../../core/contract/job.js';
import { provenanceOf } from '../../core/record/provenance.js';
import { definedFields } from '../../core/defined-fields.js';
import type { CliContext, StackPorts } from '../cli/context.js';
import type { OptionValues } from '../cli/option-rows.js';
import type { resultsOptions } from '../cli/results-options.js';
import { readFamily, readLineage } from '../results/family/read-family.js';
import type { OutputWorld } from '../results/open-results.js';
import type { GivenFile } from '../results/output-place.js';
import type { ResultsChoice, ResultsOfJob } from '../results/write-output.js';

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

/** The results of reruns show through their parent. */
export async function resultsOfJob(
  manifest: Manifest,
  { store }: Pick<StackPorts, 'store'>,
  { withSource = false, signal }: { readonly withSource?: boolean | undefined; readonly signal: AbortSignal },
): Promise<ResultsOfJob> {
  const { job, createdAt, batches, dataset } = manifest;
  const family = await readFamily(manifest, { store, signal });
  const provenance = provenanceOf(
    manifest,
    family?.reruns.map((rerun) => rerun.manifest),
  );
  const lineage = withSource ? await lineageOf(manifest, { store, signal }) : undefined;
  return { job, batches, store, signal, createdAt, dataset, provenance, ...definedFields({ family, lineage }) };
}

/** The files of a rerun's items are those of the first job. Other jobs need no more than themselves. */
export async function lineageOf(
  manifest: Manifest,
  reading: Pick<StackPorts, 'store'> & { readonly signal: AbortSignal },
): Promise<readonly string[]> {
  return (await readLineage(manifest, reading)).map(({ job }) => job);
}
