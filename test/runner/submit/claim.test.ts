import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { enqueuedKey, submitClaimKey } from '../../../core/contract/keys.js';
import { decodeSubmitClaim, type SubmitClaim, TAKE_OVER_AFTER_MS } from '../../../core/contract/submit-claim.js';
import { ClaimLost, type HeldClaim, LOOK_EVERY_MS, takeClaim } from '../../../runner/submit/claim.js';
import { eventually } from '../../support/eventually.js';
import { MemoryStore } from '../../support/memory-store.js';

let store: MemoryStore;
let followed: string[];
/** These actions happen elsewhere while a submit waits. */
let meanwhile: () => Promise<void> | void;
beforeEach(() => {
  store = new MemoryStore();
  followed = [];
  meanwhile = () => undefined;
});

const { signal } = new AbortController();
const take = (by: string, options: { readonly beatMs?: number; readonly signal?: AbortSignal } = {}) =>
  takeClaim('j', {
    store,
    by,
    signal,
    clock: {
      // A waiting submit goes by the store's clock. Beats and time limits go by the real one.
      sleep: async (ms, limit) => {
        if (ms !== LOOK_EVERY_MS) return delay(ms, undefined, { signal: limit });
        await new Promise(setImmediate);
        store.nowMs += ms;
        await meanwhile();
      },
    },
    onFollow: (holder) => void followed.push(holder.by),
    beatMs: 1_000_000,
    ...options,
  });

async function held(by: string, options: { readonly beatMs?: number; readonly signal?: AbortSignal } = {}) {
  const claim = await take(by, options);
  if (claim === undefined) throw new Error('There is nothing to claim.');
  return claim;
}

const stored = (): SubmitClaim | undefined => decodeSubmitClaim(store.text(submitClaimKey('j')) ?? '');
const never = (held: AbortSignal): Promise<never> =>
  new Promise((_, reject) => held.addEventListener('abort', () => reject(held.reason as Error), { once: true }));

describe('the claim on a job', () => {
  it('belongs to one submit; another waits until everything is sent, and then has nothing to claim', async () => {
    await held('ada');
    meanwhile = async () => {
      if (store.nowMs >= 5_000) await store.put(enqueuedKey('j'), '{}', { signal });
    };
    expect(await take('bob')).toBeUndefined();
    expect(followed).toEqual(['ada']);
    expect(stored()?.by).toBe('ada');
  });

  it('goes to a waiting submit at once when its holder has failed', async () => {
    const claim = await held('ada');
    await expect(claim.during(() => Promise.reject(new Error('no network')))).rejects.toThrow('no network');
    await held('bob');
    expect(store.nowMs).toBe(0);
    expect(stored()).toMatchObject({ by: 'bob', stopped: false });
  });

  it('goes to a waiting submit some time after its holder was killed, by the store’s clock', async () => {
    await held('ada');
    store.nowMs = 100;
    await held('bob');
    expect(store.nowMs).toBeGreaterThanOrEqual(TAKE_OVER_AFTER_MS);
    expect(store.nowMs).toBeLessThan(TAKE_OVER_AFTER_MS + 2_000);
  });

  it('is kept by a slow holder for any time, because the holder renews it', async () => {
    const claim = await held('ada', { beatMs: 1 });
    const stop = new AbortController();
    const work = claim.during(() => never(stop.signal)).catch(() => undefined);
    let beats = 0;
    meanwhile = async () => {
      const before = stored()?.beat ?? 0;
      await eventually(async () => (stored()?.beat ?? 0) > before, { what: 'a beat' });
      beats += 1;
      if (beats === 40) await store.put(enqueuedKey('j'), '{}', { signal });
    };
    expect(await take('bob')).toBeUndefined();
    expect(store.nowMs).toBeGreaterThan(2 * TAKE_OVER_AFTER_MS);
    stop.abort(new Error('enough'));
    await work;
  });

  it('is lost by a holder that has not renewed it for too long, which then stops its work', async () => {
    const claim = await held('ada', { beatMs: 5 });
    store.nowMs = TAKE_OVER_AFTER_MS;
    await held('bob');
    await expect(claim.during(never)).rejects.toThrow(ClaimLost);
    expect(stored()).toMatchObject({ by: 'bob', stopped: false });
  });

  it('goes to only one of several waiting submits', async () => {
    await held('ada');
    store.nowMs = TAKE_OVER_AFTER_MS;
    let taken: (HeldClaim | undefined)[] = [];
    meanwhile = async () => {
      if (store.nowMs > TAKE_OVER_AFTER_MS + 8_000) await store.put(enqueuedKey('j'), '{}', { signal });
    };
    taken = await Promise.all(['bob', 'cyd', 'dan'].map((by) => take(by)));
    expect(taken.filter((claim) => claim !== undefined)).toHaveLength(1);
  });

  it('is recognised as held when the reply to its own write was lost', async () => {
    const put = store.put.bind(store);
    store.put = async (key, body, options) => {
      await put(key, body, options);
      return { kind: 'exists' };
    };
    await held('ada');
    expect(followed).toEqual([]);
  });

  it.each(['', 'null', '[]', '{"id":1}', '{"id":"x","by":"y","beat":"z","stopped":false}'])(
    'is free when its object is not a claim: %j',
    async (text) => {
      await store.put(submitClaimKey('j'), text, { signal });
      await held('bob');
      expect(store.nowMs).toBe(0);
    },
  );

  it('is no longer waited for after Ctrl-C', async () => {
    await held('ada');
    const interrupt = new AbortController();
    meanwhile = () => {
      interrupt.abort(new Error('Ctrl-C'));
      interrupt.signal.throwIfAborted();
    };
    await expect(take('bob', { signal: interrupt.signal })).rejects.toThrow('Ctrl-C');
    expect(stored()?.by).toBe('ada');
  });
});
