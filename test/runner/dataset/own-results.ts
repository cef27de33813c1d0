/** Makes the files that spotpool writes beside its results, for tests of folders that have both data and results. */
import { encodeClaim, encodePartsManifest } from '../../../runner/results/parts/parts-manifest.js';
import { encodeMeta } from '../../../runner/results/results-meta.js';

const JOB = { job: 'earlier-job', createdAt: '2026-01-01T00:00:00.000Z' };

export const META = encodeMeta({ ...JOB, bytes: 1, sha256: 'a'.repeat(64), writtenAt: JOB.createdAt });
export const CLAIM = encodeClaim(JOB);

/** Says that items of the job are missing in the parts. */
export const PARTIAL_MANIFEST = encodePartsManifest({
  version: 1,
  ...JOB,
  format: 'csv',
  rows: 1,
  ok: 1,
  failed: 0,
  partial: true,
  parts: [],
});
