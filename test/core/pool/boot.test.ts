import { describe, expect, it } from 'vitest';
import { cutOffTrouble, decideBootFailure, type SilentInstance } from '../../../core/pool/boot.js';

const MAX_IDLE_MS = 600_000;

/** Instances that ended soon after their launches, and left nothing. */
const silent = (launchesMs: readonly number[], more: Partial<SilentInstance> = {}): readonly SilentInstance[] =>
  launchesMs.map((launchedAtMs, index) => ({
    instance: `i-${index}`,
    launchedAtMs,
    hasFailureLog: false,
    livedAtMostMs: 40_000,
    ...more,
  }));
const decide = (instances: readonly SilentInstance[], sinceMs: number, lastUpAtMs?: number) =>
  decideBootFailure({ silent: instances, lastUpAtMs }, { sinceMs, maxIdleMs: MAX_IDLE_MS });

describe('instances on which no worker comes up (R10)', () => {
  it('fail the job when they are three in a row, and the reason names them', () => {
    const end = decide(silent([10, 11, 12]), 5);
    expect(end).toMatchObject({ state: 'failed' });
    expect(end?.reason).toContain('3 instances in a row ended before their worker came up (i-0, i-1, i-2)');
  });

  it('do not fail the job when they are two', () => {
    expect(decide(silent([10, 11]), 5)).toBeUndefined();
  });

  it('do not count from before the job, nor from before a worker came up', () => {
    expect(decide(silent([10, 11, 12]), 10)).toBeUndefined();
    expect(decide(silent([10, 11, 12]), 5, 11)).toBeUndefined();
    expect(decide(silent([10, 11, 12, 13, 14]), 5, 11)).toMatchObject({ state: 'failed' });
  });

  it('fail the job however long they lived, when they left the log of a failure', () => {
    const slow = silent([10, 11, 12], { livedAtMostMs: 3_600_000, hasFailureLog: true });
    expect(decide(slow, 5)).toMatchObject({ state: 'failed' });
    expect(cutOffTrouble({ silent: slow, lastUpAtMs: undefined }, { sinceMs: 5 })).toBeUndefined();
  });
});

describe('instances whose workers may have been cut off (R10)', () => {
  const cutOff = silent([10, 11, 12, 13], { livedAtMostMs: MAX_IDLE_MS + 30_000 });

  it('count for nothing, and people are told after three in a row', () => {
    expect(decide(cutOff, 5)).toBeUndefined();
    const told = cutOffTrouble({ silent: cutOff, lastUpAtMs: undefined }, { sinceMs: 5, maxIdleMs: MAX_IDLE_MS });
    expect(told).toContain('4 instances ended without a word in the bucket (i-0, i-1, i-2)');
    expect(cutOffTrouble({ silent: cutOff, lastUpAtMs: 11 }, { sinceMs: 5 })).toBeUndefined();
  });

  it('do not hide broken boots between them', () => {
    const mixed = [...cutOff, ...silent([20, 21, 22])];
    expect(decide(mixed, 5)?.reason).toContain('3 instances in a row');
  });

  it('are told by the least maximum idle time when the stack does not say its own', () => {
    const history = (livedAtMostMs: number) => ({
      silent: silent([10, 11, 12], { livedAtMostMs }),
      lastUpAtMs: undefined,
    });
    expect(decideBootFailure(history(60_000), { sinceMs: 5 })).toBeUndefined();
    expect(decideBootFailure(history(59_999), { sinceMs: 5 })).toMatchObject({ state: 'failed' });
  });
});
