/** The manifest of a small job, for tests that do not depend on its contents. */
import type { Manifest } from '../../core/contract/job.js';

export const manifestOf = (job: string, change: Partial<Manifest> = {}): Manifest => ({
  version: 1,
  job,
  dataset: { name: 'data.jsonl', digest: 'd', kind: 'lines', items: 2, bytes: 100, badItems: 0 },
  model: { name: 'model.ts', digest: 'm', start: { kind: 'module', entry: 'model.mjs' } },
  options: { slots: 1, concurrency: 1, maxAttempts: 3, itemTimeoutSeconds: 60, env: {} },
  batches: 1,
  createdAt: '2026-01-01T00:00:00.000Z',
  createdBy: 'tester',
  versions: { spotpool: '0.0.0', node: '20' },
  ...change,
});
