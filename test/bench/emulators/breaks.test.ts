import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { broken, BREAKS, readCaught } from '../../../bench/emulators/breaks.js';

test.each(BREAKS)('the break "$title" can still be applied: its line is there exactly once', (one) => {
  const whole = readFileSync(one.file, 'utf8');
  expect(broken(whole, one)).not.toBe(whole);
});

test('a break whose line is missing, or there twice, is refused', () => {
  const one = { title: '', file: 'aws/a.ts', find: 'x', replace: 'y', testFiles: '' };
  expect(() => broken('a', one)).toThrow('aws/a.ts contains "x" 0 times');
  expect(() => broken('xx', one)).toThrow('2 times');
});

test('every break on record was caught by a test', () => {
  for (const { by } of readCaught()) expect(by.length).toBeGreaterThan(0);
});
