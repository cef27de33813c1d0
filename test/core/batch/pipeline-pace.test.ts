import { expect, it } from 'vitest';
import { PipelinePace } from '../../../core/batch/pipeline-pace.js';

it('takes the quickest of the last polls, since a poll may have waited for what it brought', () => {
  const pace = new PipelinePace();
  pace.fetched(30);
  for (const ms of [1_900, 12, 700]) pace.received(ms);
  expect(pace.leadMs).toBe(42);
  for (let n = 0; n < 8; n += 1) pace.received(40);
  expect(pace.leadMs).toBe(70);
});

it('believes at once that fetching has become slow, and slowly that it has become quick', () => {
  const pace = new PipelinePace();
  pace.fetched(30);
  pace.fetched(230);
  expect(pace.leadMs).toBe(130);
  pace.fetched(30);
  expect(pace.leadMs).toBe(120);
});

it('knows no pace before the first batch', () => {
  const pace = new PipelinePace();
  expect([pace.msPerBatch, pace.leadMs]).toEqual([undefined, 100]);
  pace.computed(40, 1);
  pace.computed(80, 1);
  expect(pace.msPerBatch).toBe(50);
  pace.forgetBatches();
  expect(pace.msPerBatch).toBeUndefined();
});
