/** The record of an ended job, with every part. */
import { DEFAULT_JOB_OPTIONS } from '../../../core/contract/job-options.js';
import type { JobRecord } from '../../../core/record/job-record.js';

const at = (minutes: number): string =>
  new Date(Date.parse('2026-01-01T12:00:00.000Z') + minutes * 60_000).toISOString();

export const sampleRecord: JobRecord = {
  version: 1,
  job: 'herg',
  name: 'hERG of the whole library',
  builtAt: at(60),
  what: {
    dataset: {
      name: 'molecules.csv',
      digest: 'd'.repeat(64),
      kind: 'lines',
      items: 1_200_000,
      bytes: 93e6,
      badItems: 3,
    },
    model: {
      name: './model.py:Scorer',
      digest: 'm'.repeat(64),
      kind: 'python',
      git: { commit: '0123456789abcdef0123456789abcdef01234567', clean: false },
    },
    options: { ...DEFAULT_JOB_OPTIONS, slots: 'cpus', env: { TOKEN: '(hidden)' }, maxFailed: '1%' },
    batches: 4_800,
    versions: { spotpool: '0.5.0', node: '20.20.0' },
    createdAt: at(0),
    createdBy: 'ada',
  },
  how: {
    state: 'complete',
    reason: 'Every batch has its outcome: 1199980 items ok, 20 failed.',
    ends: [{ kind: 'end', number: 1, state: 'complete', reason: 'Every batch has its outcome.', at: at(31) }],
    reruns: ['herg-again'],
    firstOutcomeAt: at(2),
    endedAt: at(31),
    seconds: 1_860,
  },
  outcomes: {
    items: { total: 1_200_000, ok: 1_199_980, failed: 20 },
    batches: { total: 4_800, done: 4_800, givenUp: 0 },
    errors: [
      { code: 'BadSmiles', count: 17, example: { index: 4_711, message: 'Cannot parse the SMILES C1CC' } },
      { code: 'ItemTimeout', count: 3, example: { index: 99, message: 'The item took longer than 300 s.' } },
    ],
  },
  pace: {
    done: [
      { at: at(0), items: 0 },
      { at: at(31), items: 1_200_000 },
    ],
    item: { count: 1_200_000, medianMs: 11.2, p90Ms: 15.9, longestMs: 4_100 },
    batch: { count: 4_800, medianMs: 2_900, p90Ms: 4_100, longestMs: 61_000 },
    phases: [
      { phase: 'boot', count: 12, medianMs: 900, p90Ms: 1_200, longestMs: 1_300 },
      { phase: 'environment', count: 12, medianMs: 12_000, p90Ms: 14_000, longestMs: 15_000, bytes: 140e6 },
      { phase: 'load', count: 12, medianMs: 3_400, p90Ms: 3_600, longestMs: 3_700 },
    ],
    shapes: [{ slots: 8, concurrency: 1, settled: true, workers: 12, reason: '8 slots: one for each CPU' }],
  },
  pool: {
    instances: Array.from({ length: 12 }, (_, n) => ({
      instance: `i-${n}`,
      instanceType: n < 9 ? 'c7g.2xlarge' : 'm7g.2xlarge',
      zone: 'us-east-1a',
      market: 'spot',
      launchedAt: at(0),
      startedAt: at(1),
      endedAt: at(31),
      end: n === 3 ? 'reclaimed' : 'ticket',
      phases: [],
      marks: [],
      batches: 400,
      items: 100_000,
      seconds: 1_860,
      dollars: 0.05,
    })),
    fleet: [],
    notices: 1,
    reclaims: { withNotice: 1, withoutNotice: 0 },
    handBacks: 9,
    losses: 0,
  },
  waste: { duplicateItems: 250, lostItemsAtMost: 0, notComputingSeconds: 1_400 },
  cost: {
    instanceSeconds: 22_320,
    spotDollars: 0.64,
    onDemandDollars: 1.8,
    byType: [
      { instanceType: 'c7g.2xlarge', instances: 9, seconds: 16_740, spotDollars: 0.48, onDemandDollars: 1.35 },
      { instanceType: 'm7g.2xlarge', instances: 3, seconds: 5_580, spotDollars: 0.16, onDemandDollars: 0.45 },
    ],
    sharedWith: [],
  },
  gaps: [],
};
