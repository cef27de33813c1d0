import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Comparison, type ComparedRow } from '../../../core/compare/comparison.js';
import { differenceOf, isSameDecimal, isWithin } from '../../../core/compare/decimals.js';
import { readExactJson } from '../../../core/compare/exact-json.js';
import { outputChanges } from '../../../core/compare/output-changes.js';

const changes = (before: string, after: string, tolerance?: number) =>
  outputChanges(before, after, tolerance).map(({ path, before: from, after: to }) => [path, from, to]);

describe('the numbers of two outputs', () => {
  it('are compared digit by digit, also where a double holds fewer digits', () => {
    expect(isSameDecimal('9007199254740993', '9007199254740992')).toBe(false);
    expect(changes('{"id":9007199254740993}', '{"id":9007199254740992}')).toEqual([
      ['output.id', '9007199254740993', '9007199254740992'],
    ]);
    expect(differenceOf('9007199254740993', '9007199254740992')).toBe(1);
    expect(isSameDecimal('0.1', '0.1000000000000000055')).toBe(false);
  });

  it.each([
    ['1', '1.0'],
    ['1', '10e-1'],
    ['100', '1E+2'],
    ['-0', '0.00'],
    ['1e400', '10e399'],
  ])('are the same number as %s and %s', (a, b) => {
    expect(isSameDecimal(a, b)).toBe(true);
    expect(changes(a, b)).toEqual([]);
  });

  it('are equal within a tolerance of the larger number, or of 1', () => {
    expect(isWithin('1000000', '1000001', 1e-6)).toBe(true);
    expect(isWithin('1000000', '1000003', 1e-6)).toBe(false);
    expect(isWithin('0.0000001', '0.0000009', 1e-6)).toBe(true);
    expect(isWithin('1e400', '2e400', 1e-6)).toBe(false);
    expect(changes('[1, 2.0000001]', '[1, 2]', 1e-6)).toEqual([]);
  });

  it('agree with arithmetic on doubles wherever doubles are exact', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: -1e6, max: 1e6 }), (a, b) => {
        expect(isSameDecimal(String(a), `${b}.0`)).toBe(a === b);
        expect(differenceOf(String(a), String(b))).toBe(Math.abs(a - b));
      }),
    );
  });
});

describe('the outputs of two jobs', () => {
  it('are equal whatever the order of their keys and their blanks', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const value: unknown = JSON.parse(json);
        expect(outputChanges(json, JSON.stringify(reordered(value), undefined, 1))).toEqual([]);
      }),
    );
  });

  it('are read as JSON.parse reads them', () => {
    const plain = (json: ReturnType<typeof readExactJson>): unknown => {
      switch (json.kind) {
        case 'array':
          return json.elements.map(plain);
        case 'object':
          return Object.fromEntries([...json.members].map(([name, member]) => [name, plain(member)]));
        case 'string':
          return json.value;
        default:
          return JSON.parse(json.text);
      }
    };
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const json = JSON.stringify(value, undefined, 2);
        // An own property of this name cannot be made from entries.
        fc.pre(!json.includes('__proto__'));
        expect(plain(readExactJson(json))).toEqual(JSON.parse(json));
      }),
    );
  });

  it('name each place that differs, and the values there', () => {
    expect(changes('{"a":{"b":[1,"x",null]},"c":true}', '{"a":{"b":[1,"y"]},"d e":true}')).toEqual([
      ['output.a.b[1]', '"x"', '"y"'],
      ['output.a.b[2]', 'null', undefined],
      ['output.c', 'true', undefined],
      ['output["d e"]', undefined, 'true'],
    ]);
    expect(changes('{"a":1}', '[1]')).toEqual([['output', '{1 field}', '[1 element]']]);
  });

  it('are compared as texts where they are nested more deeply than anybody reads', () => {
    const deep = (n: number, inner: string): string => '['.repeat(n) + inner + ']'.repeat(n);
    expect(outputChanges(deep(50_000, '1'), deep(50_000, '2'))).toHaveLength(1);
    expect(outputChanges(deep(50_000, '1'), ` ${deep(50_000, '1')}`)).toEqual([]);
  });
});

const ok = (index: number, outputJson: string): ComparedRow => ({ index, ok: true, outputJson });
const failed = (index: number, code = 'Bad'): ComparedRow => ({ index, ok: false, error: { code, message: 'no' } });

describe('a comparison', () => {
  it('counts every item once, and tells the largest change of each field', () => {
    const comparison = new Comparison();
    comparison.add(ok(0, '{"score":1,"label":"a"}'), ok(0, '{"label":"a","score":1.0}'));
    comparison.add(ok(1, '{"score":1}'), ok(1, '{"score":1.5}'));
    comparison.add(ok(2, '{"score":1}'), ok(2, '{"score":4}'));
    comparison.add(ok(3, '{"label":"a"}'), ok(3, '{"label":"b"}'));
    comparison.add(ok(4, '1'), failed(4));
    comparison.add(failed(5), ok(5, '1'));
    comparison.add(failed(6), failed(6, 'Other'));
    comparison.add(ok(7, '1'), undefined);
    comparison.add(undefined, ok(8, '1'));
    const { items, fields, changed, newlyFailed, newlyOk } = comparison.report();
    expect(items).toEqual({
      equal: 1,
      changed: 3,
      newlyFailed: 1,
      newlyOk: 1,
      failedInBoth: 1,
      onlyBefore: 1,
      onlyAfter: 1,
    });
    expect(fields.map(({ field, items: times, difference }) => [field, times, difference])).toEqual([
      ['output.label', 1, undefined],
      ['output.score', 2, 3],
    ]);
    expect(fields[1]?.example).toEqual({ index: 2, path: 'output.score', before: '1', after: '4' });
    expect(changed.map(({ index }) => index)).toEqual([3, 2, 1]);
    expect(newlyFailed).toEqual([{ index: 4, code: 'Bad', message: 'no' }]);
    expect(newlyOk).toEqual([{ index: 5, code: 'Bad' }]);
  });

  it('keeps a bounded number of fields and examples, however many outputs differ', () => {
    const comparison = new Comparison();
    for (let n = 0; n < 2_000; n++) comparison.add(ok(n, `{"k${n}":1}`), ok(n, `{"k${n}":${n + 2}}`));
    const report = comparison.report();
    expect(report.items.changed).toBe(2_000);
    expect(report.fields).toHaveLength(1_000);
    expect(report.moreFields).toBe(true);
    expect(report.changed).toHaveLength(10);
    expect(report.changed[0]?.index).toBe(1_999);
  });
});

/** Returns the value with the keys of its objects in the other order. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, reordered(member)]),
  );
}
