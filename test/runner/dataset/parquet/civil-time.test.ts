import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dateText, timestampText } from '../../../../runner/dataset/parquet/civil-time.js';

it('dates are those of the Gregorian calendar, also beyond those of JavaScript', () => {
  expect([0, -1, 11_016, 2_932_896, 2_932_897, -719_528, -719_529].map(dateText)).toEqual([
    '1970-01-01',
    '1969-12-31',
    '2000-02-29',
    '9999-12-31',
    '+010000-01-01',
    '0000-01-01',
    '-000001-12-31',
  ]);
  expect(dateText(2 ** 31 - 1)).toBe('+5881580-07-11');
  expect(dateText(-(2 ** 31))).toBe('-5877641-06-23');
});

it('timestamps have all digits of their unit', () => {
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true, min: new Date('0000-01-01'), max: new Date('9999-12-31') }), (date) => {
      const millis = BigInt(date.getTime());
      const text = date.toISOString().slice(0, -1);
      expect(timestampText(millis, 'MILLIS')).toBe(text);
      expect(timestampText(millis * 1_000n + 7n, 'MICROS')).toBe(`${text}007`);
      expect(timestampText(millis * 1_000_000n + 7n, 'NANOS')).toBe(`${text}000007`);
    }),
  );
});
