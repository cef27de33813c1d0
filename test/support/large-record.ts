/** A record as large as a record gets: many instances, 100,000 batches, and series of 500 points. */
import type { InstancePhase, JobRecord, RecordedInstance } from '../../core/record/job-record.js';
import { at, costOf, instanceOf, phasesFrom, PRICES, smallRecord, TYPES } from './job-records.js';

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const LARGE_SECONDS = 4 * 3600;

/** The phases of a long life: work with pauses, some hundred of them. */
function longLife(startSeconds: number, endSeconds: number, random: () => number): RecordedInstance['phases'] {
  const spans: (readonly [InstancePhase, number])[] = [
    ['boot', 30 + random() * 25],
    ['fetch', 3 + random() * 2],
    ['environment', 20 + random() * 30],
    ['weights', 40 + random() * 40],
    ['load', 12 + random() * 8],
  ];
  let left = endSeconds - startSeconds - spans.reduce((sum, [, seconds]) => sum + seconds, 0);
  while (left > 30) {
    const [work, idle] = [Math.min(left, 60 + random() * 120), Math.min(left, random() * 4)];
    spans.push(['work', work], ['idle', idle]);
    left -= work + idle;
  }
  spans.push(['drain', 5 + random() * 10]);
  return phasesFrom(startSeconds, spans);
}

export function largeRecord(instanceCount = 500): JobRecord {
  const random = seeded(7);
  const small = smallRecord();
  const instances = Array.from({ length: instanceCount }, (_, number): RecordedInstance => {
    const startSeconds = Math.min(number * 0.8, 400) + random() * 60 + (random() < 0.15 ? random() * 9_000 : 0);
    const isReclaimed = random() < 0.2;
    const endSeconds = isReclaimed
      ? startSeconds + 900 + random() * (LARGE_SECONDS - startSeconds - 1_000)
      : LARGE_SECONDS - 60 - random() * 300;
    const phases = longLife(startSeconds, endSeconds, random);
    const type = TYPES[Math.floor(random() * TYPES.length)] ?? 'c7g.large';
    const endedAt = phases.at(-1)?.toAt ?? at(endSeconds);
    const seconds = (Date.parse(endedAt) - Date.parse(at(startSeconds))) / 1000;
    return {
      ...instanceOf({ number, startSeconds, workSeconds: 10, type }),
      endedAt,
      end: isReclaimed ? 'reclaimed' : 'ticket',
      phases,
      marks: isReclaimed
        ? [
            { kind: 'notice', at: at(endSeconds - 100) },
            { kind: 'hand-back', at: at(endSeconds - 20) },
            { kind: 'reclaim', at: endedAt },
          ]
        : random() < 0.03
          ? [{ kind: 'loss', at: at(startSeconds + (endSeconds - startSeconds) / 2) }]
          : [],
      batches: Math.round(seconds / 70),
      items: Math.round(seconds * 14),
      seconds,
      dollars: (seconds / 3600) * PRICES[type],
    };
  });
  const total = 100_000_000;
  const steps = Array.from({ length: 500 }, (_, n) => n / 499);
  return {
    ...small,
    job: '20261128-080245-large2',
    name: 'embeddings of the whole catalogue',
    builtAt: at(LARGE_SECONDS + 60),
    what: {
      ...small.what,
      dataset: {
        ...small.what.dataset,
        name: 's3://catalogue/2026-11/',
        items: total,
        bytes: 84_000_000_000,
        sources: 4_096,
      },
      model: { ...small.what.model, name: './embed.py:Embedder', kind: 'python' },
      options: { ...small.what.options, slots: 'auto', concurrency: 'auto', maxWorkers: 500 },
      batches: 100_000,
      batchSizes: { kind: 'guided', largestItems: 1_000, smallestItems: 400 },
    },
    how: {
      state: 'complete',
      ends: [
        {
          kind: 'end',
          number: 1,
          state: 'complete',
          reason: 'All 100,000 batches have an outcome.',
          at: at(LARGE_SECONDS),
        },
      ],
      reruns: [],
      firstOutcomeAt: at(240),
      endedAt: at(LARGE_SECONDS),
      seconds: LARGE_SECONDS,
    },
    outcomes: {
      items: { total, ok: total - 1_204, failed: 1_204 },
      batches: { total: 100_000, done: 100_000, givenUp: 0 },
      errors: [
        { code: 'EmptyText', count: 1_190, example: { index: 80_113, message: 'The text is empty.' } },
        { code: 'Timeout', count: 14, example: { index: 5_100_200, message: 'The item made no progress for 300 s.' } },
      ],
    },
    pace: {
      ...small.pace,
      done: steps.map((share) => ({
        at: at(240 + share * (LARGE_SECONDS - 240)),
        items: Math.round(total * (share * 0.7 + share ** 2 * 0.3)),
      })),
      shapes: [
        {
          slots: 2,
          concurrency: 4,
          settled: true,
          workers: instanceCount,
          reason:
            'Two slots gave 41 items/s and three gave 40, so two are used. Four slices at once in each slot keep it busy.',
        },
      ],
    },
    pool: {
      instances,
      fleet: steps.map((share) => {
        const now = at(share * LARGE_SECONDS);
        return {
          at: now,
          target: share < 0.97 ? instanceCount : Math.round(instanceCount * (1 - share) * 33),
          fulfilled: instances.filter(({ launchedAt, endedAt }) => (launchedAt ?? '') <= now && now < (endedAt ?? ''))
            .length,
          batchesLeft: Math.round(100_000 * (1 - share)),
        };
      }),
      notices: 96,
      reclaims: { withNotice: 90, withoutNotice: 8 },
      handBacks: 171,
      losses: 9,
    },
    waste: { duplicateItems: 12_400, lostItemsAtMost: 9_000, notComputingSeconds: 96_000 },
    cost: costOf(instances),
  };
}
