import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DuePost } from '../../../core/contract/notice-claim.js';
import { afterTry, MOST_STACK_TRIES, pauseMs, postStep, verdictOf } from '../../../core/notify/delivery.js';

const NOW = Date.parse('2026-01-01T00:00:00.000Z');
const MINUTE = 60_000;

describe('the answer of a receiver', () => {
  it.each([
    [200, 'accepted'],
    [204, 'accepted'],
    [299, 'accepted'],
    [301, 'refused'],
    [307, 'refused'],
    [400, 'refused'],
    [404, 'refused'],
    [410, 'refused'],
    [408, 'retry'],
    [429, 'retry'],
    [500, 'retry'],
    [503, 'retry'],
  ])('%i means %s', (status, kind) => {
    expect(verdictOf({ kind: 'answered', status }).kind).toBe(kind);
  });

  it('that never came means another try, for its own reason', () => {
    const why = 'nothing listens at its port';
    expect(verdictOf({ kind: 'silent', why })).toEqual({ kind: 'retry', why });
  });

  it('may ask for a pause', () => {
    expect(verdictOf({ kind: 'answered', status: 429, retryAfterMs: 9_000 })).toEqual({
      kind: 'retry',
      why: 'it answered 429',
      askedMs: 9_000,
    });
  });
});

describe('the pauses of a command', () => {
  it('grow, are spread by chance, and end', () => {
    expect([1, 2, 3, 4].map((tries) => pauseMs(tries, { random: 0 }))).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(pauseMs(2, { random: 0.5 })).toBe(3_000);
    expect(pauseMs(9, { random: 0 })).toBe(30_000);
  });

  it('are as long as the receiver asks, up to half a minute', () => {
    expect(pauseMs(1, { random: 0, askedMs: 7_000 })).toBe(7_000);
    expect(pauseMs(1, { random: 0, askedMs: 3_600_000 })).toBe(30_000);
  });
});

describe('the post of a stack', () => {
  it('begins at once, and nobody else tries meanwhile', () => {
    const step = postStep({ tries: 0 }, NOW);
    expect(step).toEqual({ kind: 'try', claim: { tries: 1, notBefore: '2026-01-01T00:05:00.000Z' } });
    if (step.kind !== 'try') throw new Error('It is a try.');
    expect(postStep(step.claim, NOW + MINUTE)).toEqual({ kind: 'later', atMs: NOW + 5 * MINUTE });
    expect(postStep(step.claim, NOW + 5 * MINUTE)).toMatchObject({ kind: 'try', claim: { tries: 2 } });
  });

  it('is over when it was accepted or refused', () => {
    const over = [
      afterTry({ tries: 1 }, { kind: 'accepted' }, NOW),
      afterTry({ tries: 1 }, { kind: 'refused', why: '' }, NOW),
    ];
    expect(over.map(({ over }) => over)).toEqual(['accepted', 'refused']);
    for (const post of over) expect(postStep(post, NOW + 1e9)).toEqual({ kind: 'over' });
  });

  it('is tried again over about a day, and given up then', () => {
    let post: DuePost = { tries: 0 };
    let nowMs = NOW;
    const at: number[] = [];
    for (;;) {
      const step = postStep(post, nowMs);
      if (step.kind === 'over') break;
      if (step.kind === 'later') nowMs = step.atMs;
      else if (step.kind === 'try') {
        at.push((nowMs - NOW) / MINUTE);
        post = afterTry(step.claim, { kind: 'retry', why: '' }, nowMs);
      } else throw new Error('No try was cut off.');
    }
    expect(at).toEqual([0, 1, 6, 21, 81, 261, 621, 1341]);
    expect(at).toHaveLength(MOST_STACK_TRIES);
    expect(post).toEqual({ tries: MOST_STACK_TRIES, over: 'given-up' });
  });

  it('is given up when the last try was cut off', () => {
    const post = { tries: MOST_STACK_TRIES, notBefore: new Date(NOW).toISOString() };
    expect(postStep(post, NOW)).toEqual({ kind: 'give-up' });
  });

  it('waits as long as the receiver asks', () => {
    const asked = { kind: 'retry', why: '', askedMs: 90 * MINUTE } as const;
    expect(afterTry({ tries: 1 }, asked, NOW).notBefore).toBe('2026-01-01T01:30:00.000Z');
  });

  it('never has more tries than the bound, whatever is answered and whenever somebody looks', () => {
    const look = fc.record({ waitMs: fc.integer({ min: 0, max: 1e8 }), cut: fc.boolean() });
    fc.assert(
      fc.property(fc.array(look, { maxLength: 60 }), (looks) => {
        let post: DuePost = { tries: 0 };
        let nowMs = NOW;
        let tries = 0;
        for (const { waitMs, cut } of looks) {
          nowMs += waitMs;
          const step = postStep(post, nowMs);
          if (step.kind !== 'try') continue;
          tries += 1;
          post = cut ? step.claim : afterTry(step.claim, { kind: 'retry', why: '' }, nowMs);
        }
        expect(tries).toBeLessThanOrEqual(MOST_STACK_TRIES);
      }),
    );
  });
});
