import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LeaseCallResult } from '../../../worker/ports.js';
import { type Lease, LeaseKeeper } from '../../../worker/lease/lease-keeper.js';
import { FakeClock, settle } from '../support/fake-clock.js';
import { FakeQueue } from '../support/fake-queue.js';

const LEASE_SECONDS = 20;

interface World {
  readonly clock: FakeClock;
  readonly queue: FakeQueue;
  readonly keeper: LeaseKeeper;
  readonly lost: string[];
  readonly old: string[];
  take(): Promise<Lease>;
  end(): Promise<void>;
}

function world(): World {
  const clock = new FakeClock();
  const queue = new FakeQueue(clock);
  const lost: string[] = [];
  const old: string[] = [];
  const stop = new AbortController();
  const keeper = new LeaseKeeper({
    queue,
    clock,
    leaseSeconds: LEASE_SECONDS,
    onLost: (lease) => lost.push(lease.id),
    onOld: (lease) => old.push(lease.id),
    onTrouble: (error) => {
      throw error;
    },
  });
  const running = keeper.run(stop.signal);
  let taken = 0;
  return {
    clock,
    queue,
    keeper,
    lost,
    old,
    async take() {
      queue.send('body');
      const options = { maxMessages: 1, waitSeconds: 0, visibilityTimeoutSeconds: LEASE_SECONDS, signal: stop.signal };
      const [message] = await queue.receive(options);
      const lease = {
        id: `lease-${taken++}`,
        receiptHandle: message?.receiptHandle ?? '',
        receivedAtMs: clock.nowMs(),
      };
      keeper.hold(lease);
      return lease;
    },
    async end() {
      stop.abort();
      await running;
    },
  };
}

const { signal } = new AbortController();

describe('LeaseKeeper', () => {
  it('R2: keeps all held leases for hours', async () => {
    const w = world();
    await w.take();
    await w.clock.advance(3_000);
    await w.take();
    await w.clock.advance(3 * 3_600_000);
    expect([w.queue.visible, w.lost]).toEqual([0, []]);
    await w.end();
  });

  it('R2: hands back at once, and no beat follows, even one that was under way', async () => {
    const w = world();
    const lease = await w.take();
    await w.clock.advance(4_000);
    w.queue.changeDelayMs = 2_000;
    await w.clock.advance(1_500); // a beat is under way
    const handedBack = w.keeper.handBack(lease, 0, signal);
    await w.clock.advance(3_000);
    expect(w.queue.visible).toBe(0); // the beat comes first, then the change
    await w.clock.advance(1_000);
    expect(await handedBack).toBe('ok');
    expect(w.queue.visible).toBe(1);
    await w.clock.advance(60_000);
    expect(w.queue.calls.at(-1)?.call).toBe('hand-back');
    await w.end();
  });

  it('R2: reports a lease that SQS calls lost, and beats it no more', async () => {
    const w = world();
    const lease = await w.take();
    w.queue.refuse = () => 'lost';
    await w.clock.advance(5_000);
    expect(w.lost).toEqual([lease.id]);
    const beats = w.queue.calls.length;
    await w.clock.advance(60_000);
    expect(w.queue.calls).toHaveLength(beats);
    expect(await w.keeper.handBack(lease, 0, signal)).toBe('lost');
    await w.end();
  });

  it('R2: ignores a beat that failed for another reason', async () => {
    const w = world();
    await w.take();
    let failures = 2;
    w.queue.refuse = () => (failures-- > 0 ? 'failed' : undefined);
    await w.clock.advance(60_000);
    expect([w.lost, w.queue.visible]).toEqual([[], 0]);
    await w.end();
  });

  it('R2: asks its owner to save and hand back at eleven hours, once, and never extends past twelve', async () => {
    const w = world();
    const lease = await w.take();
    await w.clock.advance(11 * 3_600_000 - 6_000);
    expect(w.old).toEqual([]);
    await w.clock.advance(12_000);
    expect(w.old).toEqual([lease.id]);
    await w.clock.advance(1.2 * 3_600_000);
    expect(w.old).toHaveLength(1);
    const extendedTo = Math.max(...w.queue.calls.map((call) => call.atMs + (call.seconds ?? 0) * 1000));
    expect(extendedTo).toBeLessThan(lease.receivedAtMs + 12 * 3_600_000);
    expect(w.lost).toEqual([lease.id]);
    await w.end();
  });

  it('R2: beats again within a quarter of a lease when the clock is set back during a beat', async () => {
    const w = world();
    await w.take();
    w.queue.changeDelayMs = 1_000;
    await w.clock.advance(5_500); // a beat is under way
    const beats = w.queue.calls.length;
    w.clock.setBack(60_000);
    await w.clock.advance(500 + (LEASE_SECONDS * 1000) / 4); // the beat ends, and a quarter of the lease passes
    expect(w.queue.calls).toHaveLength(beats + 1);
    await w.end();
  });

  it('retries a hand-back while SQS has trouble', async () => {
    const w = world();
    const lease = await w.take();
    let failures = 2;
    w.queue.refuse = () => (failures-- > 0 ? 'failed' : undefined);
    const deleted = w.keeper.delete(lease, signal);
    await w.clock.advance(1_000);
    expect(await deleted).toBe('ok');
    expect(w.queue.messages).toHaveLength(0);
    await w.end();
  });

  it('holds its invariants over any history of takes, ends, failing and slow beats', async () => {
    const step = fc.oneof(
      fc.constant({ kind: 'take' as const }),
      fc.record({ kind: fc.constant('hand-back' as const), which: fc.nat(20) }),
      fc.record({ kind: fc.constant('delete' as const), which: fc.nat(20) }),
      fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 30_000 }) }),
      fc.record({ kind: fc.constant('delay' as const), ms: fc.integer({ min: 0, max: 4_500 }) }),
      fc.record({ kind: fc.constant('fail-next' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const w = world();
        const held: Lease[] = [];
        const ended: { readonly lease: Lease; readonly result: Promise<LeaseCallResult> }[] = [];
        let failing = 0;
        // A third failure in a row would cost the lease.
        let failuresLeft = 2;
        w.queue.refuse = (call) => (call === 'change' && failing-- > 0 ? 'failed' : undefined);
        for (const action of steps) {
          if (action.kind === 'take') held.push(await w.take());
          else if (action.kind === 'pass') await w.clock.advance(action.ms);
          else if (action.kind === 'delay') w.queue.changeDelayMs = action.ms;
          else if (action.kind === 'fail-next') failing = failuresLeft-- > 0 ? 1 : 0;
          else {
            const [lease] = held.splice(action.which % Math.max(held.length, 1), 1);
            if (lease === undefined) continue;
            const result =
              action.kind === 'delete' ? w.keeper.delete(lease, signal) : w.keeper.handBack(lease, 0, signal);
            ended.push({ lease, result });
          }
        }
        await w.clock.advance(30_000);
        await settle();
        // A held lease never runs out while beats get through within their quarter.
        expect(w.lost).toEqual([]);
        for (const lease of held) expect(w.queue.isVisible(lease.receiptHandle)).toBe(false);
        // No request names a handle after it was handed back or deleted.
        for (const { lease, result } of ended) {
          expect(await result).toBe('ok');
          const calls = w.queue.calls.filter((call) => call.handle === lease.receiptHandle).map((call) => call.call);
          const end = calls.findIndex((call) => call === 'delete' || call === 'hand-back');
          expect(calls.slice(end).every((call) => call === calls[end])).toBe(true);
        }
        await w.end();
      }),
      { numRuns: 60 },
    );
  });
});
