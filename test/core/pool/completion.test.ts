import { describe, expect, it } from 'vitest';
import { definedFields } from '../../../core/defined-fields.js';
import { decideEnd, jobVerdict, type JobFacts } from '../../../core/pool/completion.js';
import type { EndEntry, ResumeEntry } from '../../../core/contract/ends.js';
import type { UnableMark } from '../../../core/contract/job.js';
import { NO_PROGRESS } from '../../../core/pool/progress.js';
import type { MaxFailed } from '../../../core/contract/max-failed.js';

const facts = (changes: Partial<JobFacts>): JobFacts => ({
  batches: 100,
  items: 1_000,
  progress: NO_PROGRESS,
  enqueued: true,
  unable: [],
  ...changes,
});

const progress = (done: number, failed: number): JobFacts['progress'] => ({
  ...NO_PROGRESS,
  batches: { done, failed },
});

/** Messages as instances write them: each has its own directories, ids and numbers. */
const unable = (instance: string, cause: string, phase: UnableMark['phase'] = 'load'): UnableMark => ({
  instance,
  phase,
  message: `The model's process ended (exit code 1). ${cause} at file:///tmp/instances/${instance}/models/x-t5vI${instance.length}q/model.mjs:10:9 on ${instance}`,
  at: '2026-11-21T00:00:00.000Z',
});

describe('a job whose model cannot be used', () => {
  it('fails when three instances report the same error, although their paths and ids differ (R10)', () => {
    const marks = ['i-0aa1', 'i-0bb22', 'i-0cc333'].map((instance) => unable(instance, 'Error: no weights'));
    expect(decideEnd(facts({ unable: marks }))).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('no weights') as string,
    });
    expect(decideEnd(facts({ unable: marks.slice(0, 2) }))).toBeUndefined();
  });

  it('goes on when three instances fail for different reasons, or one of them three times', () => {
    const different = [
      unable('i-1', 'Error: no weights'),
      unable('i-2', 'Error: no disk'),
      unable('i-3', 'Error: no luck'),
    ];
    expect(decideEnd(facts({ unable: different }))).toBeUndefined();
    const phases = [unable('i-1', 'x', 'fetch'), unable('i-2', 'x', 'setup'), unable('i-3', 'x', 'load')];
    expect(decideEnd(facts({ unable: phases }))).toBeUndefined();
    expect(decideEnd(facts({ unable: [1, 2, 3].map(() => unable('i-1', 'Error: no weights')) }))).toBeUndefined();
  });
});

describe('a job whose model can be used nowhere, for reasons that differ', () => {
  const words = ['ant', 'bee', 'cat', 'dog', 'eel', 'fox', 'gnu', 'hen', 'ibis', 'jay'];
  const marks = words.map((word, index) => unable(`i-${index}`, `Error: ${word}`));

  it('fails after ten instances, but not while some instance gets batches done (R10)', () => {
    expect(decideEnd(facts({ unable: marks }))).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('10 instances could not use the model') as string,
    });
    expect(decideEnd(facts({ unable: marks.slice(1) }))).toBeUndefined();
    expect(decideEnd(facts({ unable: marks, progress: progress(1, 0) }))).toBeUndefined();
  });
});

describe('a job whose items fail', () => {
  const after = (done: number, ok: number, failed: number, maxFailed?: MaxFailed): JobFacts =>
    facts({
      progress: { ...NO_PROGRESS, batches: { done, failed: 0 }, items: { ok, failed } },
      ...definedFields({ maxFailed }),
    });

  it('ends when no item of the first twenty batches is ok, and goes on when one is (R10)', () => {
    expect(decideEnd(after(19, 0, 190))).toBeUndefined();
    expect(decideEnd(after(20, 0, 190))).toMatchObject({
      state: 'failed',
      ofFailedItems: true,
      reason: expect.stringMatching(
        /^Not one item is ok: all 190 items of the first 20 batches failed.*80 of 100 batches left.*--max-failed 100%/,
      ) as string,
    });
    expect(decideEnd(after(20, 1, 189))).toBeUndefined();
  });

  it('ends when 200 items of five batches have failed and none is ok (R10)', () => {
    expect(decideEnd(after(5, 0, 199))).toBeUndefined();
    expect(decideEnd(after(4, 0, 999))).toBeUndefined();
    expect(decideEnd(after(5, 0, 200))?.state).toBe('failed');
  });

  it('goes on to its end when all items may fail, given as a number or a share', () => {
    for (const maxFailed of ['100%', 1_000] as const) expect(decideEnd(after(99, 0, 990, maxFailed))).toBeUndefined();
    expect(decideEnd(after(20, 0, 200, '99.9%'))?.reason).toContain('Not one item is ok');
  });

  it('ends as soon as more items have failed than the job allows, and not before', () => {
    for (const maxFailed of ['5%', 50] as const) {
      expect(decideEnd(after(10, 50, 50, maxFailed))).toBeUndefined();
      expect(decideEnd(after(10, 49, 51, maxFailed))).toMatchObject({
        state: 'failed',
        ofFailedItems: true,
        reason: `51 of its 1000 items have failed, and --max-failed is ${maxFailed}. The job was ended with 90 of 100 batches left.`,
      });
    }
    expect(decideEnd(after(10, 99, 1, 0))?.state).toBe('failed');
  });

  it('is complete when every batch has its outcome, and its end says whether too many items failed', () => {
    expect(decideEnd(after(100, 0, 1_000))).toMatchObject({ state: 'complete', ofFailedItems: true });
    expect(decideEnd(after(100, 900, 100, '5%'))).toMatchObject({
      state: 'complete',
      ofFailedItems: true,
      reason: expect.stringContaining('more than --max-failed 5% allows') as string,
    });
    expect(decideEnd(after(100, 1, 999))).not.toHaveProperty('ofFailedItems');
  });
});

const end = (state: EndEntry['state'], reason: string): EndEntry => ({
  kind: 'end',
  number: 1,
  state,
  reason,
  at: '2026-11-21T00:00:00.000Z',
});

describe('a job that was resumed', () => {
  const resumed: ResumeEntry = {
    kind: 'resume',
    number: 2,
    at: '2026-11-21T00:00:00.000Z',
    by: 'ada',
    options: {},
    before: { batches: { done: 30, failed: 20 }, items: { ok: 0, failed: 300 } },
  };
  const after = (done: number, givenUp: number, failed: number, ok = 0): JobFacts =>
    facts({
      resumed,
      progress: {
        ...NO_PROGRESS,
        batches: { done: 30 + done, failed: 20 + givenUp },
        items: { ok, failed: 300 + failed },
      },
    });

  it('is not ended again for what failed before', () => {
    expect(decideEnd({ ...after(0, 0, 0), maxFailed: 50 })).toBeUndefined();
    expect(decideEnd({ ...after(4, 4, 50), maxFailed: 50 })).toBeUndefined();
  });

  it('is ended for what fails after it, and the reason says so', () => {
    expect(decideEnd({ ...after(6, 0, 51, 9), maxFailed: 50 })?.reason).toBe(
      'Since the job was resumed, 51 of its 1000 items have failed, and --max-failed is 50. The job was ended with 64 of 100 batches left.',
    );
    expect(decideEnd(after(20, 20, 200))?.reason).toContain('Since the job was resumed, the first 20 batches');
    expect(decideEnd(after(20, 19, 200))?.reason).toContain('Not one item is ok since the job was resumed: all 200');
  });
});

describe('a job', () => {
  it('fails when its first twenty batches were all given up, not when one of them was not (R10)', () => {
    expect(decideEnd(facts({ progress: progress(20, 20) }))?.state).toBe('failed');
    expect(decideEnd(facts({ progress: progress(19, 19) }))).toBeUndefined();
    expect(decideEnd(facts({ progress: progress(20, 19) }))).toBeUndefined();
  });

  it('is complete when every batch has its outcome, given-up ones too (R5)', () => {
    expect(decideEnd(facts({ progress: progress(100, 3) }))?.state).toBe('complete');
    expect(jobVerdict(facts({ progress: progress(100, 3) })).state).toBe('complete');
    const oneOk = { ...progress(100, 0), items: { ok: 1, failed: 99 } };
    expect(jobVerdict(facts({ progress: oneOk })).reason).toContain(': 1 item ok, 99 failed.');
    expect(decideEnd(facts({ progress: progress(99, 0) }))).toBeUndefined();
  });

  it('ends once: a written end is not decided again', () => {
    const ended = end('complete', 'All.');
    expect(decideEnd(facts({ progress: progress(100, 0), ended }))).toBeUndefined();
  });

  it('is submitting until every batch was sent, then running, and cancelled unless its last batches were committed all the same', () => {
    expect(jobVerdict(facts({ enqueued: false })).state).toBe('submitting');
    expect(jobVerdict(facts({})).state).toBe('running');
    const ended = end('cancelled', 'Cancelled by ada.');
    expect(jobVerdict(facts({ ended }))).toEqual({ state: 'cancelled', reason: 'Cancelled by ada.' });
    expect(jobVerdict(facts({ ended, progress: progress(100, 0) })).state).toBe('complete');
  });
});
