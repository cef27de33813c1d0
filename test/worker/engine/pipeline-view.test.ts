import { expect, it } from 'vitest';
import { decideLeaseAhead } from '../../../core/batch/lease-ahead.js';
import { PipelinePace } from '../../../core/batch/pipeline-pace.js';
import { pipelineView } from '../../../worker/engine/pipeline-view.js';
import { type BatchPhase, HeldBatch } from '../../../worker/batch/held-batch.js';

function held(phase: BatchPhase, msPerItem?: number, progressAtMs = 0): HeldBatch {
  const message = {
    job: 'job',
    manifestDigest: '',
    batch: 0,
    key: '',
    startByte: 0,
    endByte: 0,
    firstIndex: 0,
    items: 10,
  };
  const batch = new HeldBatch(message, { id: '', receiptHandle: '', receivedAtMs: 0 }, 1);
  batch.enter(phase);
  batch.progressAtMs = progressAtMs;
  batch.slot = { msPerItem, memoryOf: () => undefined };
  return batch;
}

function steadyPace(): PipelinePace {
  const pace = new PipelinePace();
  pace.received(10);
  pace.fetched(30);
  pace.computed(100, 10);
  return pace;
}

const ahead = Array.from({ length: 8 }, () => held('waiting'));

it.each([1_000, 10_000])('hands nothing back while a new slot has been loading for %i ms', (nowMs) => {
  const pipeline = {
    held: [held('computing', 10, nowMs), held('computing'), ...ahead],
    slots: 2,
    pace: steadyPace(),
    nowMs,
  };
  expect(decideLeaseAhead({ ...pipelineView(pipeline), asked: 0, atRisk: false }).surplus).toBe(0);
});

it('knows no pace while every busy slot is only loading', () => {
  const pipeline = { held: [held('computing'), ...ahead], slots: 1, pace: steadyPace(), nowMs: 100 };
  expect(pipelineView(pipeline).msPerBatch).toBeUndefined();
});

it('counts the batch that has the slot, not the finished one that is about to be committed', () => {
  const done = held('computing', 10);
  done.addResults(Array.from({ length: 10 }, (_, index) => ({ index, ok: true, line: '' })));
  const pipeline = { held: [done, held('computing', 10)], slots: 1, pace: steadyPace(), nowMs: 0 };
  expect(pipelineView(pipeline).freeInMs).toEqual([100]);
});

it('counts batches that share a slot as one', () => {
  const [first, second] = [held('computing', 10), held('computing', 10)];
  second.slot = first.slot;
  const pipeline = { held: [first, second], slots: 2, pace: steadyPace(), nowMs: 0 };
  expect(pipelineView(pipeline).freeInMs).toEqual([200, 0]);
});

it.each([
  { lanes: 8, free: 3 * 10, atOnce: 0 },
  { lanes: 10, free: 10, atOnce: 0 },
  { lanes: 15, free: 0, atOnce: 0 },
  { lanes: 64, free: 0, atOnce: 5 },
])('wants batches for all of the $lanes items that a slot works on at once', ({ lanes, free, atOnce }) => {
  const pipeline = { held: [held('computing', 10)], lanes, slots: 1, pace: steadyPace(), nowMs: 0 };
  expect(pipelineView(pipeline)).toMatchObject({ freeInMs: [free], atOnce });
});
