import { describe, expect, it } from 'vitest';
import type { NewWorkerEvent } from '../../../core/contract/events.js';
import {
  decodeWorkerSummary,
  encodeWorkerSummary,
  MOST_SUMMARY_BYTES,
  type WorkerSummary,
} from '../../../core/contract/worker-summary.js';
import { WorkerSummaries } from '../../../core/record/worker-summaries.js';

const START_MS = Date.parse('2026-01-01T00:00:00.000Z');

function summariesOf(events: readonly (readonly [number, NewWorkerEvent])[]): WorkerSummaries {
  const summaries = new WorkerSummaries('i-1');
  for (const [seconds, event] of events) {
    const at = new Date(START_MS + seconds * 1_000).toISOString();
    summaries.add({ at, instance: 'i-1', ...event });
  }
  return summaries;
}

const at = (seconds: number): number => START_MS + seconds * 1_000;
const started: NewWorkerEvent = {
  code: 'worker-started',
  instanceType: 'c7g.large',
  zone: 'us-east-1a',
  slots: 1,
  bootMs: 500,
  message: '',
};
const committed = (batch: number, more: object = {}): NewWorkerEvent => ({
  code: 'batch-committed',
  job: 'a',
  batch,
  lease: `i-1-${batch}`,
  ok: 10,
  failed: 0,
  resumed: 0,
  computeMs: 2_000,
  heldMs: 2_500,
  message: '',
  ...more,
});
const handedBack = (batch: number, reason: 'waiting' | 'interruption'): NewWorkerEvent => ({
  code: 'batch-handed-back',
  job: 'a',
  batch,
  lease: `i-1-${batch}`,
  reason,
  savedItems: 0,
  message: '',
});

const EVENTS: readonly (readonly [number, NewWorkerEvent])[] = [
  [1, started],
  [2, { code: 'model-phase', job: 'a', model: 'm', phase: 'fetch', ms: 800, bytes: 5_000, message: '' }],
  [4, { code: 'model-ready', job: 'a', model: 'm', loadMs: 1_500, message: '' }],
  [5, { code: 'slot-shape', job: 'a', slots: 2, concurrency: 1, settled: true, message: '2 slots fit.' }],
  [6, committed(0)],
  [
    8,
    committed(1, {
      ok: 7,
      failed: 3,
      errors: [{ code: 'Bad', count: 2, index: 12, message: 'bad' }],
      receives: 3,
      resumed: 5,
    }),
  ],
  [9, { code: 'slot-rebuilt', job: 'a', batch: 2, lease: 'i-1-2', reason: 'crashed', message: '' }],
  [10, { code: 'batch-duplicate', job: 'a', batch: 2, lease: 'i-1-2', items: 4, message: '' }],
  [11, handedBack(3, 'waiting')],
  [12, { code: 'notice', kind: 'interruption', message: '' }],
  [13, handedBack(4, 'interruption')],
  [14, { code: 'worker-ended', reason: 'interruption', held: 0, message: '' }],
];

describe('the summary of a worker', () => {
  it('says what the worker did for the job, and what happened to the worker', () => {
    const summary = summariesOf(EVENTS).take('a');
    expect(summary).toMatchObject({
      instance: 'i-1',
      instanceType: 'c7g.large',
      zone: 'us-east-1a',
      startedAtMs: at(0.5),
      firstAtMs: at(2),
      lastAtMs: at(14),
      ended: { atMs: at(14), reason: 'interruption' },
      noticeAtMs: at(12),
      steps: [
        { phase: 'fetch', ms: 800, bytes: 5_000 },
        { phase: 'load', ms: 1_500 },
      ],
      shape: { slots: 2, concurrency: 1, settled: true, reason: '2 slots fit' },
      batches: 2,
      ok: 17,
      failed: 3,
      firstDoneAtMs: at(6),
      handBacks: { waiting: 1, interruption: 1 },
      handedBackAtMs: [at(13)],
      rebuilds: { crashed: 1 },
      duplicateItems: 4,
      receivedAgain: [{ batch: 1, receives: 3, items: 10, resumed: 5 }],
      errors: [{ code: 'Bad', count: 2, index: 12, message: 'bad' }],
      otherErrors: 1,
    });
    expect(summary?.spans).toContainEqual({ phase: 'work', fromMs: at(4), toMs: at(8) });
    expect(Object.values(summary?.itemTimes.counts ?? {}).reduce((sum, times) => sum + times, 0)).toBe(15);
  });

  it('tells the load from the work of a batch that waits for it, and the boot from the wait for the first job', () => {
    const boot: NewWorkerEvent = { code: 'model-phase', job: 'a', model: 'm', phase: 'boot', ms: 500, message: '' };
    const ready: NewWorkerEvent = { code: 'model-ready', job: 'a', model: 'm', loadMs: 1_500, message: '' };
    const summary = summariesOf([
      [1, started],
      [3, boot],
      [5, ready],
      [6, committed(0, { computeMs: 2_400 })],
    ]).take('a');
    expect(summary?.spans).toEqual([
      { phase: 'boot', fromMs: at(0.5), toMs: at(1) },
      { phase: 'load', fromMs: at(3.5), toMs: at(5) },
      { phase: 'work', fromMs: at(5), toMs: at(6) },
    ]);
  });

  it('counts the work before a slot was rebuilt', () => {
    const rebuilt: NewWorkerEvent = { code: 'slot-rebuilt', job: 'a', reason: 'crashed', message: '' };
    const ready: NewWorkerEvent = { code: 'model-ready', job: 'a', model: 'm', loadMs: 500, message: '' };
    const summary = summariesOf([
      [1, started],
      [3, rebuilt],
      [4, ready],
      [6, committed(0, { computeMs: 4_000 })],
    ]).take('a');
    expect(summary?.spans).toContainEqual({ phase: 'work', fromMs: at(2), toMs: at(6) });
  });

  it('survives its codec unchanged, and belongs to its job and instance alone', () => {
    const summary = summariesOf(EVENTS).take('a') as WorkerSummary;
    const text = encodeWorkerSummary(summary);
    expect(decodeWorkerSummary(text, { job: 'a', instance: 'i-1' })).toEqual(summary);
    expect(decodeWorkerSummary(text, { job: 'b', instance: 'i-1' })).toBeUndefined();
    expect(decodeWorkerSummary(text, { job: 'a', instance: 'i-2' })).toBeUndefined();
  });

  it('is refused when its instance type has another form than those of EC2, which all views would show', () => {
    const summary = summariesOf(EVENTS).take('a') as WorkerSummary;
    const text = encodeWorkerSummary({ ...summary, instanceType: '</script>'.repeat(20) });
    expect(decodeWorkerSummary(text, { job: 'a', instance: 'i-1' })).toBeUndefined();
  });

  it('continues that of an earlier process, so that both together say what one process would have said', () => {
    const whole = summariesOf(EVENTS).take('a');
    for (let cut = 3; cut < EVENTS.length - 1; cut++) {
      const earlier = summariesOf(EVENTS.slice(0, cut)).take('a') as WorkerSummary;
      const later = summariesOf(EVENTS.slice(cut));
      later.continueFrom(earlier);
      const both = later.take('a');
      expect({ ...both, spans: undefined }).toEqual({ ...whole, spans: undefined });
      expect([...(both?.spans ?? [])].sort((a, b) => a.fromMs - b.fromMs)).toEqual(whole?.spans);
    }
  });

  it('is bounded, whatever a worker does for days', () => {
    const summaries = summariesOf([[1, started]]);
    for (let n = 0; n < 4_000; n++) {
      const errors = [{ code: `Code${n}`.repeat(100), count: 1, index: n, message: 'm'.repeat(1_000) }];
      const events = [
        committed(n, { failed: 1, errors, receives: 2 }),
        handedBack(n + 100_000, 'interruption'),
        { code: 'model-phase', job: 'a', model: 'm', phase: 'setup', ms: 1, message: '' } as const,
      ];
      for (const event of events) {
        const time = new Date(START_MS + n * 60_000).toISOString();
        summaries.add({ at: time, instance: 'i-1', ...event });
      }
    }
    const summary = summaries.take('a') as WorkerSummary;
    const text = encodeWorkerSummary(summary);
    expect(text.length).toBeLessThan(MOST_SUMMARY_BYTES / 4);
    expect(decodeWorkerSummary(text, { job: 'a', instance: 'i-1' })).toEqual(summary);
    expect(summary.errors.reduce((sum, { count }) => sum + count, 0) + summary.otherErrors).toBe(4_000);
    // Batches that have no room count with all their items.
    expect(summary.unlistedItems).toBe((4_000 - summary.receivedAgain.length) * 11);
  });

  it('does not change for the log of a chatty model', () => {
    const summaries = summariesOf([[1, { code: 'model-log', stream: 'model', job: 'a', message: 'hello' }]]);
    expect(summaries.changed).toEqual([]);
  });
});
