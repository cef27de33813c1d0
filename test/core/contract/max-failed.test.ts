import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostFailed, parseMaxFailed, tooManyFailed } from '../../../core/contract/max-failed.js';

describe('--max-failed', () => {
  it('is a number of items, or a share of all items', () => {
    expect(parseMaxFailed('0')).toBe(0);
    expect(parseMaxFailed('12')).toBe(12);
    expect(parseMaxFailed('100%')).toBe('100%');
    expect(parseMaxFailed('0.50%')).toBe('0.5%');
  });

  it.each(['', '-1', '1.5', '101%', '100.1%', '5 %', '0.0001%', '%', 'all', '1e3', '99999999999999999999'])(
    'is not "%s"',
    (text) => {
      expect(parseMaxFailed(text)).toBeUndefined();
    },
  );

  it('is exact in whole items', () => {
    const thousandths = fc.integer({ min: 0, max: 100_000 });
    fc.assert(
      fc.property(thousandths, fc.nat(1_000_000_000), (share, items) => {
        const most = mostFailed(`${share / 1_000}%`, items);
        expect(BigInt(most)).toBe((BigInt(share) * BigInt(items)) / 100_000n);
      }),
    );
    expect(mostFailed('0.57%', 10_000)).toBe(57);
  });

  it('is exceeded by one item more; without it only a job without an ok item has too many failed', () => {
    const items = (ok: number, failed: number) => ({ total: 100, ok, failed });
    expect(tooManyFailed({ items: items(50, 5), maxFailed: '5%' })).toBe(false);
    expect(tooManyFailed({ items: items(50, 6), maxFailed: '5%' })).toBe(true);
    expect(tooManyFailed({ items: items(99, 1), maxFailed: 0 })).toBe(true);
    expect(tooManyFailed({ items: items(0, 100), maxFailed: '100%' })).toBe(false);
    expect(tooManyFailed({ items: items(1, 99) })).toBe(false);
    expect(tooManyFailed({ items: items(0, 1) })).toBe(true);
    expect(tooManyFailed({ items: items(0, 0) })).toBe(false);
  });
});
