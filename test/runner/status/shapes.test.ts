import { expect, it } from 'vitest';
import { groupShapes } from '../../../runner/status/shapes.js';

const trying = {
  slots: 1,
  concurrency: 4,
  settled: false,
  reason: '1 slot with 4 slices at once, to see whether that is faster: the model waits (it uses 0.10 of a core)',
};
const settled = { slots: 8, concurrency: 1, settled: true, reason: '8 slots: the model uses 0.97 of a core' };

it('gives the shape on trial while the job goes on', () => {
  expect(groupShapes([trying], 'running').map(({ reason }) => reason)).toEqual([trying.reason]);
});

it.each(['complete', 'failed', 'cancelled'] as const)('gives no shape on trial when the job is %s', (state) => {
  expect(groupShapes([settled, settled, trying], state).map(({ reason }) => reason)).toEqual([
    settled.reason,
    '1 slot with 4 slices at once: not settled when the job ended',
  ]);
});
