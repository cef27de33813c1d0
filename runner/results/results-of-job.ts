/** Puts together what a reading of a job's results needs: its manifest, its reruns, and the jobs that it is itself a rerun of. */
import type { Manifest } from '../../core/contract/job.js';
import { definedFields } from '../../core/defined-fields.js';
import { provenanceOf } from '../../core/record/provenance.js';
import type { ObjectStore } from '../ports.js';
import { readFamily, readLineage } from './family/read-family.js';
import type { ResultsOfJob } from './write-output.js';

/** The results of reruns show through their parent. */
export async function resultsOfJob(
  manifest: Manifest,
  { store }: { readonly store: ObjectStore },
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
async function lineageOf(
  manifest: Manifest,
  reading: { readonly store: ObjectStore } & { readonly signal: AbortSignal },
): Promise<readonly string[]> {
  return (await readLineage(manifest, reading)).map(({ job }) => job);
}
