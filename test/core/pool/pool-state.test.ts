import { describe, expect, it } from 'vitest';
import {
  awaitedTarget,
  isPushOutDue,
  type PoolFact,
  type PoolState,
  poolStateAfter,
  UNKNOWN_POOL,
} from '../../../core/pool/pool-state.js';
import { isQuiet } from '../../../core/pool/quiet.js';

const after = (...facts: readonly PoolFact[]): PoolState => facts.reduce(poolStateAfter, UNKNOWN_POOL);
const accepted: PoolFact = { kind: 'target-accepted', target: 4, atMs: 1_000 };

describe('a target that the fleet has accepted', () => {
  it('is awaited until a describe call shows it', () => {
    expect(awaitedTarget(UNKNOWN_POOL, 1_000)).toBeUndefined();
    expect(awaitedTarget(after(accepted), 2_000)).toBe(4);
    expect(awaitedTarget(after(accepted, { kind: 'target-described', target: 3 }), 2_000)).toBe(4);
    expect(awaitedTarget(after(accepted, { kind: 'target-described', target: 4 }), 2_000)).toBeUndefined();
  });

  it('is not awaited for longer than EC2 lags, nor after the clock was set back', () => {
    expect(awaitedTarget(after(accepted), 15_999)).toBe(4);
    expect(awaitedTarget(after(accepted), 16_000)).toBeUndefined();
    expect(awaitedTarget(after(accepted), 999)).toBeUndefined();
  });
});

describe("the dead-man's switch", () => {
  it('is pushed out when it was not armed by this controller, or long ago', () => {
    const armed = after({ kind: 'switch-armed', atMs: 1_000 });
    expect(isPushOutDue(UNKNOWN_POOL, 60_000, 1_000)).toBe(true);
    expect(isPushOutDue(armed, 60_000, 60_999)).toBe(false);
    expect(isPushOutDue(armed, 60_000, 61_000)).toBe(true);
  });

  it('is known to be disarmed until the fleet is in use again', () => {
    const disarmed = after({ kind: 'switch-armed', atMs: 1_000 }, { kind: 'switch-disarmed' });
    expect(disarmed.deadMan.kind).toBe('disarmed');
    expect(poolStateAfter(disarmed, { kind: 'fleet-in-use' }).deadMan.kind).toBe('unknown');
  });

  it('stays armed while the fleet is in use', () => {
    const armed = after({ kind: 'switch-armed', atMs: 1_000 }, { kind: 'fleet-in-use' });
    expect(armed.deadMan).toEqual({ kind: 'armed', atMs: 1_000 });
  });
});

describe('a quiet queue', () => {
  const empty = { visible: 0, inFlight: 0, delayed: 0 };
  const looks = [0, 100_000, 200_000].map((atMs): PoolFact => ({ kind: 'queue-counted', counts: empty, atMs }));

  it('has been empty in several looks, over a long time', () => {
    expect(isQuiet(after(...looks).quiet, 200_000)).toBe(true);
    expect(isQuiet(after(...looks.slice(0, 2)).quiet, 200_000)).toBe(false);
    expect(isQuiet(after(...looks).quiet, 179_999)).toBe(false);
  });

  it('begins anew after a message, and when no job waits for it', () => {
    const busy: PoolFact = { kind: 'queue-counted', counts: { ...empty, inFlight: 1 }, atMs: 300_000 };
    expect(after(...looks, busy).quiet).toBeUndefined();
    expect(after(...looks, { kind: 'no-job-runs' }).quiet).toBeUndefined();
  });
});

describe('a shortage', () => {
  const compared = (isShort: boolean, atMs: number): PoolFact => ({ kind: 'capacity-compared', isShort, atMs });

  it('lasts from the first look that found it', () => {
    expect(after(compared(true, 1_000), compared(true, 2_000)).shortage).toEqual({ kind: 'short', sinceMs: 1_000 });
    expect(after(compared(true, 1_000), compared(false, 2_000)).shortage).toEqual({ kind: 'none' });
  });
});
