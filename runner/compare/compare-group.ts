/** Compares each job of a group with the first one. A group is the jobs of a series, or those that a command names. */
import type { ComparedItems } from '../../core/compare/comparison.js';
import type { Manifest } from '../../core/contract/job.js';
import type { JobSeries } from '../../core/contract/series.js';
import { definedFields } from '../../core/defined-fields.js';
import { mapBounded } from '../../core/map-bounded.js';
import { buildRecord, type RecordPorts } from '../record/build-record.js';
import { commonBase } from './common-base.js';
import { type ComparedJob, comparedJob } from './compared-job.js';
import { compareJobs, differing } from './compare-jobs.js';

export interface GroupJob extends ComparedJob {
  /** The values of a job of a series. */
  readonly values?: JobSeries['values'];
  /** How its outputs differ from those of the first job. Absent for the first job itself. */
  readonly fromFirst?: ComparedItems & {
    /** The number of items whose outcome is not that of the first job. */
    readonly differ: number;
    /** Outcomes of either job that do not match their plan; their items count as missing. */
    readonly damagedBatches: number;
  };
}

export interface GroupRequest {
  readonly jobs: readonly Manifest[];
  readonly tolerance?: number;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** A record costs a request for each instance, and several at once hide the time of each. */
const RECORDS_AT_ONCE = 4;

export async function compareGroup(
  ports: RecordPorts,
  { jobs, tolerance, nowMs, signal }: GroupRequest,
): Promise<readonly GroupJob[]> {
  const reading = { store: ports.store, signal };
  const [first, ...others] = jobs;
  if (first === undefined) return [];
  // Every base is looked for before any result is read, so that jobs of different datasets are refused at once.
  const bases = await mapBounded(others, RECORDS_AT_ONCE, async (job) => commonBase(first, job, reading));
  const records = await mapBounded(jobs, RECORDS_AT_ONCE, async ({ job }) =>
    buildRecord(ports, job, { nowMs, signal }),
  );
  const figures: GroupJob[] = [];
  for (const [at, record] of records.entries()) {
    const [after, base] = [others[at - 1], bases[at - 1]];
    const compared = { ...comparedJob(record), ...definedFields({ values: record.what.series?.values }) };
    if (after === undefined || base === undefined) {
      figures.push(compared);
      continue;
    }
    const request = { before: first, after, base, ...definedFields({ tolerance }) };
    const { items, damagedBatches } = await compareJobs(request, reading);
    figures.push({ ...compared, fromFirst: { ...items, differ: differing(items, base), damagedBatches } });
  }
  return figures;
}
