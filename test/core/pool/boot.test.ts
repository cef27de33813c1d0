import { describe, expect, it } from 'vitest';
import { decideBootFailure } from '../../../core/pool/boot.js';

const failed = (...launchedAtMs: number[]) =>
  launchedAtMs.map((ms, index) => ({ instance: `i-${index}`, launchedAtMs: ms }));

describe('instances on which no worker comes up (R10)', () => {
  it('fail the job when they are three in a row, and the reason names them', () => {
    const end = decideBootFailure({ failed: failed(10, 11, 12), lastUpAtMs: undefined }, 5);
    expect(end).toMatchObject({ state: 'failed' });
    expect(end?.reason).toContain('3 instances in a row ended before their worker came up (i-0, i-1, i-2)');
  });

  it('do not fail the job when they are two', () => {
    expect(decideBootFailure({ failed: failed(10, 11), lastUpAtMs: undefined }, 5)).toBeUndefined();
  });

  it('do not count from before the job, nor from before a worker came up', () => {
    expect(decideBootFailure({ failed: failed(10, 11, 12), lastUpAtMs: undefined }, 10)).toBeUndefined();
    expect(decideBootFailure({ failed: failed(10, 11, 12), lastUpAtMs: 11 }, 5)).toBeUndefined();
    expect(decideBootFailure({ failed: failed(10, 11, 12, 13, 14), lastUpAtMs: 11 }, 5)).toMatchObject({
      state: 'failed',
    });
  });
});
