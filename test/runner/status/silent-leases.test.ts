import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WorkerEvent } from '../../../core/contract/events.js';
import { SilentLeases } from '../../../runner/status/silent-leases.js';

const about = (batch: number, lease: string) => ({ at: '', instance: 'i-1', message: '', job: 'j', batch, lease });
const committed = (batch: number, lease: string, receives: number, items: number, resumed = 0): WorkerEvent => ({
  ...about(batch, lease),
  code: 'batch-committed',
  ok: items,
  failed: 0,
  resumed,
  receives,
  computeMs: 0,
  heldMs: 0,
});
const handedBack = (batch: number, lease: string): WorkerEvent => ({
  ...about(batch, lease),
  code: 'batch-handed-back',
  reason: 'draining',
  savedItems: 0,
});
const boundOf = (...events: readonly WorkerEvent[]): number => {
  const leases = new SilentLeases();
  for (const event of events) leases.add(event);
  return leases.itemsAtMost();
};

describe('the items that vanished workers had computed', () => {
  it('are at most those of the batches that they held, without the saved ones', () => {
    expect(boundOf(committed(0, 'a', 1, 50))).toBe(0);
    expect(boundOf(committed(0, 'b', 2, 50))).toBe(50);
    expect(boundOf(committed(0, 'b', 2, 50, 30))).toBe(20);
    expect(boundOf(committed(0, 'c', 3, 50), committed(1, 'd', 2, 7))).toBe(107);
  });

  it('do not include leases that were reported, in whatever order the events come', () => {
    expect(boundOf(handedBack(0, 'a'), committed(0, 'b', 2, 50, 20))).toBe(0);
    expect(boundOf(committed(0, 'c', 3, 50), { ...about(0, 'b'), code: 'lease-lost', items: 9 })).toBe(50);
    // An attempt and its hand-back are one lease.
    const attempt: WorkerEvent = { ...about(0, 'a'), code: 'attempt', attempts: 1, maxAttempts: 3 };
    expect(boundOf(attempt, handedBack(0, 'a'), committed(0, 'c', 3, 50))).toBe(50);
  });

  it('are never fewer than they had computed', () => {
    const lease = fc.record({ silent: fc.boolean(), computes: fc.nat(10), saves: fc.boolean() });
    const batch = fc.array(lease, { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 5 }), (batches) => {
        let thrownAway = 0;
        const events: WorkerEvent[] = [];
        for (const [number, leases] of batches.entries()) {
          let saved = 0;
          for (const [nth, { silent, computes, saves }] of leases.entries()) {
            const fresh = Math.min(computes, 10 - saved);
            if (saves) saved += fresh;
            else if (silent) thrownAway += fresh;
            if (!silent) events.push(handedBack(number, `${number}-${nth}`));
          }
          events.push(committed(number, `${number}-last`, leases.length + 1, 10, saved));
        }
        expect(boundOf(...events)).toBeGreaterThanOrEqual(thrownAway);
      }),
    );
  });
});
