import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { CONSOLE_BYTES, ConsoleLog } from '../../../local/instances/console-log.js';
import { temporaryDirectory } from '../ec2/support.js';

test('output can be read before and after the console is closed', () => {
  const log = new ConsoleLog(path.join(temporaryDirectory(), 'console.log'));
  log.write(Buffer.from('one\n'));
  log.write(Buffer.from('two\n'));
  expect(log.read().toString()).toBe('one\ntwo\n');
  expect(readFileSync(log.path, 'utf8')).toBe('one\ntwo\n');
  log.close();
  log.write(Buffer.from('too late'));
  expect(log.read().toString()).toBe('one\ntwo\n');
});

test('only the last 64 KiB are kept, in the file too', () => {
  const log = new ConsoleLog(path.join(temporaryDirectory(), 'console.log'));
  const lines = Array.from({ length: 50_000 }, (_, index) => `line ${index}\n`);
  let largest = 0;
  for (const line of lines) {
    log.write(Buffer.from(line));
    largest = Math.max(largest, statSync(log.path).size);
  }
  const expected = lines.join('').slice(-CONSOLE_BYTES);
  expect(log.read().toString()).toBe(expected);
  log.close();
  expect(log.read().toString()).toBe(expected);
  expect(largest).toBeLessThanOrEqual(2 * CONSOLE_BYTES);
});
