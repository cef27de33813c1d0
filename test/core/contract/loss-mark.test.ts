import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLossMark, encodeLossMark, MOST_LOSS_BYTES } from '../../../core/contract/loss-mark.js';
import { addToRanges, rangeHolding } from '../../../core/dataset/ranges.js';

const at = '2026-01-01T00:00:00.000Z';

describe('the mark of a loss', () => {
  it('is read as it was written, and names at least every item of the slots', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(100_000), { minLength: 1, maxLength: 300 }), fc.boolean(), (items, alone) => {
        const written = encodeLossMark({ at, items: addToRanges([], items), alone });
        const read = decodeLossMark(written);
        expect(read).toMatchObject({ at, alone });
        for (const item of items) expect(rangeHolding(read?.items ?? [], item)).toBeDefined();
        expect(Buffer.byteLength(written)).toBeLessThan(MOST_LOSS_BYTES);
      }),
      { numRuns: 50 },
    );
  });

  it.each(['', '{}', '{"at":"x","items":"1","alone":true}', `{"at":"${at}","items":"","alone":true}`])(
    'is nothing when it is %s',
    (text) => {
      expect(decodeLossMark(text)).toBeUndefined();
    },
  );

  it.each(['-1', '1-', 'a', '1,,2', '1'.repeat(40)])('is nothing when its items are %s', (items) => {
    expect(decodeLossMark(JSON.stringify({ at, items, alone: true }))).toBeUndefined();
  });
});
