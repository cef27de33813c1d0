import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { broken, BREAKS, readCaught } from '../../../bench/emulators/breaks.js';

test.each(BREAKS)('that $title can still be tried: the line is there, once', (one) => {
  const whole = readFileSync(one.file, 'utf8');
  expect(broken(whole, one)).not.toBe(whole);
});

test('a break whose line is gone, or there twice, is refused', () => {
  const one = { title: '', file: 'aws/a.ts', find: 'x', replace: 'y', asked: '' };
  expect(() => broken('a', one)).toThrow('aws/a.ts has "x" 0 times');
  expect(() => broken('xx', one)).toThrow('2 times');
});

test('all that was tried was caught', () => {
  for (const { by } of readCaught()) expect(by.length).toBeGreaterThan(0);
});
