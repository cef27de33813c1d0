/** The events of a small run, for tests of the renderers. */
import type { RunEvent } from '../../../runner/display/events.js';
import type { JobSummary, JobProgress } from '../../../runner/display/views.js';

export const progress = (change: Partial<JobProgress> = {}): JobProgress => ({
  job: 'herg',
  state: 'running',
  batches: { total: 114, done: 57, failed: 0 },
  items: { total: 7_236, ok: 3_590, failed: 58 },
  fleet: { target: 6, pending: 1, running: 4, noticed: 1, draining: 0 },
  itemsPerSecond: 412,
  etaSeconds: 9,
  ...change,
});

export const summary: JobSummary = {
  job: 'herg',
  state: 'complete',
  seconds: 31,
  items: { total: 7_236, ok: 7_119, failed: 117 },
  batches: { total: 114, done: 114, failed: 0 },
  reclaims: { withNotice: 1, withoutNotice: 1 },
  handBacks: 2,
  duplicateItems: 64,
  lostItemsAtMost: 0,
  instances: 8,
  instanceSeconds: 142,
  spotDollars: 0.00123,
  onDemandDollars: 0.0041,
  errors: [{ code: 'BadSmiles', count: 117, example: 'the ring\nis not closed' }],
  resultsFile: 'results.jsonl',
  instancesLeft: 0,
};

export const happened = (message: string, level: 'info' | 'warning' = 'info'): RunEvent => ({
  event: 'happened',
  level,
  code: 'test',
  message,
  at: '2026-01-01T00:00:05.000Z',
});

export const recordedRun: readonly RunEvent[] = [
  { event: 'local-cloud-up', endpoint: 'http://127.0.0.1:4000', maxWorkers: 6 },
  { event: 'uploading', items: 7_236, bytes: 400_000 },
  {
    event: 'submitted',
    job: 'herg',
    dataset: 'drugbank.txt',
    model: 'molecules',
    items: 7_236,
    badItems: 0,
    batches: 114,
    continued: false,
  },
  {
    event: 'progress',
    ...progress({ batches: { total: 114, done: 0, failed: 0 }, items: { total: 7_236, ok: 0, failed: 0 } }),
  },
  happened('i-1 is up.'),
  { event: 'progress', ...progress() },
  happened('i-2 was reclaimed without notice.', 'warning'),
  {
    event: 'progress',
    ...progress({
      state: 'complete',
      batches: { total: 114, done: 114, failed: 0 },
      items: { total: 7_236, ok: 7_119, failed: 117 },
      fleet: { target: 0, pending: 0, running: 0, noticed: 0, draining: 3 },
    }),
  },
  { event: 'ended', job: 'herg', state: 'complete', reason: 'All batches have their outcome.' },
  { event: 'results-written', file: 'results.jsonl', items: 7_236 },
  { event: 'waiting-for-zero', instances: 3 },
  { event: 'summary', ...summary },
];
