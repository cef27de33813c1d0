import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeProgress, encodeProgress, foldOutcomes, NO_PROGRESS } from '../../../core/pool/progress.js';
import { addToRanges, countOf, formatRanges, parseRanges, rangeHolding } from '../../../core/dataset/ranges.js';

const batches = fc.array(fc.nat(60));

describe('ranges', () => {
  it('hold exactly what was added, in their shortest form', () => {
    fc.assert(
      fc.property(batches, batches, (first, second) => {
        const ranges = parseRanges(formatRanges(addToRanges(addToRanges([], first), second)));
        const expected = new Set([...first, ...second]);
        expect(countOf(ranges)).toBe(expected.size);
        for (let n = 0; n <= 61; n++) expect(rangeHolding(ranges, n) !== undefined).toBe(expected.has(n));
      }),
    );
  });

  it('are written as text and read again', () => {
    expect(formatRanges(addToRanges([], [43, 0, 1, 2]))).toBe('0-2,43');
    expect(() => parseRanges('0-')).toThrow('Not a list of ranges');
  });
});

describe('progress', () => {
  it('counts each batch once, in whatever portions and however often it comes', () => {
    fc.assert(
      fc.property(fc.array(batches), (portions) => {
        const outcome = (batch: number) => ({ batch, ok: batch, failed: 1, givenUp: batch % 2 === 0 });
        const progress = portions.reduce((sum, portion) => foldOutcomes(sum, portion.map(outcome)), NO_PROGRESS);
        const distinct = [...new Set(portions.flat())];
        expect(progress.batches).toEqual({
          done: distinct.length,
          failed: distinct.filter((batch) => batch % 2 === 0).length,
        });
        expect(progress.items).toEqual({ ok: distinct.reduce((a, b) => a + b, 0), failed: distinct.length });
        expect(decodeProgress(encodeProgress(progress))).toEqual(progress);
      }),
    );
  });
});
