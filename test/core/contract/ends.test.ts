import { describe, expect, it } from 'vitest';
import {
  decodeEnds,
  encodeEnds,
  endOf,
  endsOfMarks,
  type JobEnds,
  MOST_ENDS_BYTES,
  MOST_ENTRIES,
  MOST_RESUMES,
  NO_ENDS,
  resumeOf,
  withEnd,
  withResume,
} from '../../../core/contract/ends.js';

const at = '2026-01-01T00:00:00.000Z';
const before = { batches: { done: 0, failed: 0 }, items: { ok: 0, failed: 0 } };
const failed = (ends: JobEnds, reason = 'no'): JobEnds => withEnd(ends, { state: 'failed', reason, at });

describe('the ends and resumes of a job', () => {
  it('take turns, and the job is over while the last entry is an end', () => {
    const once = failed(NO_ENDS);
    const goesOn = withResume(once, { at, by: 'me', options: { maxWorkers: 3 }, before });
    expect([endOf(NO_ENDS), endOf(once)?.number, endOf(goesOn), endOf(failed(goesOn))?.number]).toEqual([
      undefined,
      1,
      undefined,
      3,
    ]);
    expect(decodeEnds(encodeEnds(failed(goesOn)))).toEqual(failed(goesOn));
  });

  it('keep the options of earlier resumes in the last one', () => {
    const first = withResume(failed(NO_ENDS), { at, by: 'me', options: { maxWorkers: 3, maxFailed: 1 }, before });
    const second = withResume(failed(first), { at, by: 'you', options: { maxFailed: '5%' }, before });
    expect(resumeOf(second)?.options).toEqual({ maxWorkers: 3, maxFailed: '5%' });
  });

  it('are refused in another order, or with another number', () => {
    const [end] = failed(NO_ENDS).entries;
    for (const entries of [[], [end, end], [{ ...end, number: 2 }]]) {
      expect(decodeEnds(JSON.stringify({ version: 1, entries }))).toBeUndefined();
    }
  });

  it('stay within their bounds, however long the reasons are', () => {
    const reason = '\u0007'.repeat(1_000_000);
    let ends = failed(NO_ENDS, reason);
    while (ends.entries.length < MOST_ENTRIES) {
      ends = failed(withResume(ends, { at, by: 'me', options: {}, before }), reason);
    }
    expect(encodeEnds(ends).length).toBeLessThan(MOST_ENDS_BYTES);
    expect(decodeEnds(encodeEnds(ends))?.entries).toHaveLength(MOST_ENTRIES);
  });

  it('have room for the end of a job that was resumed as often as it may be', () => {
    let ends = failed(NO_ENDS);
    const resumes = (): number => ends.entries.filter(({ kind }) => kind === 'resume').length;
    while (resumes() < MOST_RESUMES)
      ends = withResume(endOf(ends) === undefined ? failed(ends) : ends, { at, by: 'me', options: {}, before });
    expect(decodeEnds(encodeEnds(failed(ends)))).toBeDefined();
  });

  it('begin with the mark of an older version', () => {
    expect(endOf(endsOfMarks({ cancelled: { at, by: 'ada' } }))).toMatchObject({ state: 'cancelled', by: 'ada' });
    expect(endOf(endsOfMarks({ done: { state: 'failed', reason: 'no', at } }))).toMatchObject({ state: 'failed' });
    expect(endOf(endsOfMarks({}))).toBeUndefined();
  });
});
