import { describe, expect, it } from 'vitest';
import { fireTimeMs } from '../../../local/scheduler/at-expression.js';

const iso = (expression: string, zone: string): string => new Date(fireTimeMs(expression, zone)).toISOString();

describe('the time of an at-expression', () => {
  it.each([
    ['at(2026-07-01T12:00:00)', 'UTC', '2026-07-01T12:00:00.000Z'],
    ['at(2026-07-01T12:00:00)', 'Europe/Berlin', '2026-07-01T10:00:00.000Z'],
    ['at(2026-01-01T00:30:00)', 'Asia/Kolkata', '2025-12-31T19:00:00.000Z'],
    ['at(2028-02-29T23:59:59)', 'Pacific/Auckland', '2028-02-29T10:59:59.000Z'],
  ])('%s in %s is %s', (expression, zone, time) => {
    expect(iso(expression, zone)).toBe(time);
  });

  it('is the first one when the clocks are put back over it', () => {
    expect(iso('at(2026-10-25T02:30:00)', 'Europe/Berlin')).toBe('2026-10-25T00:30:00.000Z');
  });

  it('is what the clocks would have shown when they are put forward over it', () => {
    expect(iso('at(2026-03-29T02:30:00)', 'Europe/Berlin')).toBe('2026-03-29T01:30:00.000Z');
  });

  it.each(['at(2026-13-01T00:00:00)', 'at(2026-02-29T00:00:00)', 'at(2026-01-01T24:00:00)', 'at(0050-01-01T00:00:00)'])(
    'cannot be computed from %s',
    (expression) => expect(() => fireTimeMs(expression, 'UTC')).toThrow(`Invalid Schedule Expression ${expression}.`),
  );
});
