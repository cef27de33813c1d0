/** Records of jobs for tests of whatever shows a job: a small one, a failed one, and one that runs. */
import type { InstancePhase, JobRecord, RecordedInstance } from '../../core/record/job-record.js';

const START_MS = Date.parse('2026-11-28T08:02:45.000Z');

export const at = (seconds: number): string => new Date(START_MS + seconds * 1000).toISOString();

export const PRICES = { 'c7g.large': 0.0289, 'c7g.xlarge': 0.0577, 'm7g.large': 0.0326, 'c6g.large': 0.0271 } as const;
type TypeName = keyof typeof PRICES;
export const TYPES = Object.keys(PRICES) as readonly TypeName[];
const ON_DEMAND_FACTOR = 2.6;

/** The phases of an instance as spans in seconds, one after another from its start. */
export function phasesFrom(
  startSeconds: number,
  spans: readonly (readonly [phase: InstancePhase, seconds: number])[],
): RecordedInstance['phases'] {
  let from = startSeconds;
  return spans.map(([phase, seconds]) => {
    const begin = from;
    from += seconds;
    return { phase, fromAt: at(begin), toAt: at(from) };
  });
}

interface Life {
  readonly number: number;
  readonly startSeconds: number;
  readonly workSeconds: number;
  readonly reclaimed?: 'with-notice' | 'without-notice';
  readonly type?: TypeName;
}

export function instanceOf({
  number,
  startSeconds,
  workSeconds,
  reclaimed,
  type = 'c7g.large',
}: Life): RecordedInstance {
  const phases = phasesFrom(startSeconds, [
    ['boot', 2],
    ['fetch', 0.6],
    ['load', 1.4],
    ['work', workSeconds * 0.6],
    ['idle', workSeconds * 0.04],
    ['work', workSeconds * 0.36],
    ...(reclaimed === 'without-notice' ? [] : ([['drain', 1]] as const)),
  ]);
  const endedAt = phases.at(-1)?.toAt ?? at(startSeconds);
  const seconds = (Date.parse(endedAt) - START_MS) / 1000 - startSeconds;
  const noticeAt = at(startSeconds + 4 + workSeconds);
  return {
    instance: `i-${number.toString(16).padStart(17, '0')}`,
    instanceType: type,
    zone: `us-east-1${'abc'.charAt(number % 3)}`,
    market: 'spot',
    launchedAt: at(startSeconds),
    startedAt: at(startSeconds + 2),
    endedAt,
    end: reclaimed === undefined ? 'ticket' : 'reclaimed',
    ...(reclaimed === 'with-notice' ? { noticeAt } : {}),
    phases,
    marks: [
      ...(reclaimed === 'with-notice'
        ? ([
            { kind: 'notice', at: noticeAt },
            { kind: 'hand-back', at: at(startSeconds + 4.4 + workSeconds) },
          ] as const)
        : []),
      ...(reclaimed === undefined ? [] : ([{ kind: 'reclaim', at: endedAt }] as const)),
    ],
    batches: Math.round(workSeconds * 0.7),
    items: Math.round(workSeconds * 44),
    seconds,
    dollars: (seconds / 3600) * PRICES[type],
  };
}

/** Adds up what instances cost, as the record does. */
export function costOf(instances: readonly RecordedInstance[]): JobRecord['cost'] {
  const byType = TYPES.flatMap((instanceType) => {
    const mine = instances.filter((each) => each.instanceType === instanceType);
    if (mine.length === 0) return [];
    const seconds = mine.reduce((sum, each) => sum + (each.seconds ?? 0), 0);
    const spotDollars = (seconds / 3600) * PRICES[instanceType];
    return [
      { instanceType, instances: mine.length, seconds, spotDollars, onDemandDollars: spotDollars * ON_DEMAND_FACTOR },
    ];
  }).sort((a, b) => b.spotDollars - a.spotDollars);
  const sum = (pick: (each: (typeof byType)[number]) => number): number =>
    byType.reduce((total, each) => total + pick(each), 0);
  return {
    instanceSeconds: sum(({ seconds }) => seconds),
    spotDollars: sum(({ spotDollars }) => spotDollars),
    onDemandDollars: sum(({ onDemandDollars }) => onDemandDollars),
    byType,
    sharedWith: [],
  };
}

const LIVES: readonly Life[] = [
  { number: 11, startSeconds: 1, workSeconds: 6, reclaimed: 'with-notice' },
  { number: 12, startSeconds: 2, workSeconds: 7, reclaimed: 'without-notice' },
  { number: 13, startSeconds: 3, workSeconds: 26, type: 'm7g.large' },
  { number: 14, startSeconds: 4, workSeconds: 25 },
  { number: 15, startSeconds: 5, workSeconds: 24 },
  { number: 16, startSeconds: 7, workSeconds: 22, type: 'c6g.large' },
  { number: 17, startSeconds: 14, workSeconds: 15 },
  { number: 18, startSeconds: 16, workSeconds: 13, type: 'm7g.large' },
];

/** The job of `npm start`: a minute of work, two reclaims, and some items that fail. */
export function smallRecord(change: Partial<JobRecord> = {}): JobRecord {
  const instances = LIVES.map(instanceOf);
  const done = Array.from({ length: 60 }, (_, n) => ({
    at: at(5.5 + n * 0.5),
    items: Math.round(7_236 * Math.min(1, (n / 59) ** 1.1)),
  }));
  return {
    version: 1,
    job: '20261128-080245-vpb4p7',
    builtAt: at(40),
    what: {
      dataset: {
        name: '.spotpool/drugs.txt',
        digest: '7c'.repeat(32),
        kind: 'lines',
        items: 7_236,
        bytes: 412_345,
        badItems: 0,
        sources: 1,
      },
      model: {
        name: 'examples/molecules/model.ts',
        digest: '3f'.repeat(32),
        contents: '9a'.repeat(32),
        kind: 'module',
        git: { commit: '5c902cd1b8e3a0f7c6d4e2b1a09f8e7d6c5b4a39', clean: true },
      },
      options: { slots: 1, concurrency: 1, maxAttempts: 3, itemTimeoutSeconds: 300, env: {}, maxWorkers: 6 },
      batches: 114,
      batchSizes: { kind: 'fixed', largestItems: 64, smallestItems: 64 },
      versions: { spotpool: '0.5.0', node: '20.20.0', worker: '0.5.0' },
      createdAt: at(0),
      createdBy: 'mara',
    },
    how: {
      state: 'complete',
      ends: [{ kind: 'end', number: 1, state: 'complete', reason: 'All 114 batches have an outcome.', at: at(35) }],
      reruns: [],
      firstOutcomeAt: at(5.5),
      endedAt: at(35),
      seconds: 35,
    },
    outcomes: {
      items: { total: 7_236, ok: 7_119, failed: 117 },
      batches: { total: 114, done: 114, givenUp: 0 },
      errors: [
        {
          code: 'BadSmiles',
          count: 109,
          example: { index: 214, message: 'The ring bond 1 of "C1CCO[Pt]" is not closed.' },
        },
        {
          code: 'TooManyAtoms',
          count: 8,
          example: { index: 1_870, message: 'A molecule may have 200 atoms. This one has 512.' },
        },
      ],
    },
    pace: {
      done,
      item: { count: 7_236, medianMs: 11.4, p90Ms: 24.1, longestMs: 412 },
      batch: { count: 114, medianMs: 840, p90Ms: 1_240, longestMs: 2_410 },
      phases: [
        { phase: 'boot', count: 8, medianMs: 1_900, p90Ms: 2_200, longestMs: 2_300 },
        { phase: 'fetch', count: 8, medianMs: 580, p90Ms: 640, longestMs: 655, bytes: 1_204_000 },
        { phase: 'load', count: 8, medianMs: 1_380, p90Ms: 1_500, longestMs: 1_610 },
      ],
      shapes: [
        {
          slots: 1,
          concurrency: 1,
          settled: true,
          workers: 8,
          reason: 'The job was submitted with --slots 1 and --concurrency 1.',
        },
      ],
    },
    pool: {
      instances,
      fleet: Array.from({ length: 36 }, (_, second) => ({
        at: at(second),
        target: second < 1 ? 0 : second < 27 ? 6 : Math.max(0, 6 - (second - 26)),
        fulfilled: instances.filter(
          ({ launchedAt, endedAt }) => (launchedAt ?? '') <= at(second) && at(second) < (endedAt ?? ''),
        ).length,
        batchesLeft: Math.max(0, Math.round(114 * (1 - Math.max(0, second - 5) / 30))),
      })),
      notices: 1,
      reclaims: { withNotice: 1, withoutNotice: 1 },
      handBacks: 2,
      losses: 0,
    },
    waste: { duplicateItems: 64, lostItemsAtMost: 128, notComputingSeconds: 39 },
    cost: costOf(instances),
    gaps: [],
    ...change,
  };
}

export function failedRecord(): JobRecord {
  const record = smallRecord();
  const reason =
    'The model could not be loaded on three instances, and each time for the same reason: ModuleNotFoundError: No module named "rdkit". The job was stopped.';
  return {
    ...record,
    job: 'reviews',
    how: {
      ...record.how,
      state: 'failed',
      reason,
      ends: [
        { kind: 'end', number: 1, state: 'cancelled', reason: 'Cancelled by mara.', at: at(20), by: 'mara' },
        {
          kind: 'resume',
          number: 2,
          at: at(24),
          by: 'mara',
          options: { maxWorkers: 12 },
          before: { batches: { done: 20, failed: 0 }, items: { ok: 1_200, failed: 3 } },
        },
        { kind: 'end', number: 3, state: 'failed', reason, at: at(35) },
      ],
      parent: '20261127-211502-k7mq2x',
      reruns: ['20261128-090011-bcdfgh'],
    },
    outcomes: {
      items: { total: 7_236, ok: 1_200, failed: 67 },
      batches: { total: 114, done: 21, givenUp: 1 },
      errors: [
        {
          code: 'BatchGivenUp',
          count: 64,
          example: { index: 1_216, message: 'The batch was given up after 3 attempts: the input could not be read.' },
        },
        {
          code: 'BadSmiles',
          count: 3,
          example: { index: 214, message: 'The ring bond 1 of "C1CCO[Pt]" is not closed.' },
        },
      ],
    },
  };
}

/** A job that runs: it has no end, two of its instances live, and no price is known. */
export function runningRecord(): JobRecord {
  const record = smallRecord();
  const { endedAt: _endedAt, ...how } = record.how;
  const instances = record.pool.instances.slice(0, 4).map((instance, n): RecordedInstance => {
    const { endedAt: _ended, end: _end, dollars: _dollars, ...rest } = instance;
    return n < 2 ? instance : rest;
  });
  const { instanceSeconds } = record.cost;
  return {
    ...record,
    builtAt: at(20),
    how: { ...how, state: 'running', ends: [], seconds: 20 },
    outcomes: {
      items: { total: 7_236, ok: 2_900, failed: 0 },
      batches: { total: 114, done: 46, givenUp: 0 },
      errors: [],
    },
    pace: { ...record.pace, done: record.pace.done.slice(0, 30) },
    pool: { ...record.pool, instances, fleet: record.pool.fleet.slice(0, 21) },
    waste: { duplicateItems: 0, lostItemsAtMost: 0 },
    cost: {
      instanceSeconds,
      byType: [{ instanceType: 'c7g.large', instances: 4, seconds: instanceSeconds }],
      sharedWith: [],
    },
    gaps: ['The prices of c7g.large could not be read, so the cost is not known.'],
  };
}
