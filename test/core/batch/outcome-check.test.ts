import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CheckedOutcome, OutcomeCheck } from '../../../core/batch/outcome-check.js';
import { encodeOutputLine, encodeResultLine, failedLine } from '../../../core/contract/result-line.js';

const FIRST = 7;

function check(bytes: Uint8Array, items: number, cuts: readonly number[] = []): CheckedOutcome {
  const checking = new OutcomeCheck({ firstIndex: FIRST, items });
  let start = 0;
  for (const cut of [...cuts, bytes.length]) {
    checking.push(bytes.subarray(start, start + cut));
    start += cut;
  }
  return checking.end();
}
const checkText = (text: string, items = 3): CheckedOutcome => check(Buffer.from(text), items);
const ok = (index: number, json = '1'): string => encodeOutputLine(index, json);

/** Returns an item's result as a worker encodes it. */
const item = fc.oneof(
  fc.json().map((json) => (index: number) => encodeOutputLine(index, json)),
  fc.tuple(fc.constantFrom('A', 'B'), fc.string({ unit: 'binary' })).map(
    ([code, message]) =>
      (index: number) =>
        encodeResultLine(failedLine(index, { code, message })),
  ),
);
const outcome = fc.array(item, { minLength: 1, maxLength: 8 }).map((items) => ({
  items: items.length,
  text: items.map((encode, position) => encode(FIRST + position)).join(''),
}));
const cuts = fc.array(fc.integer({ min: 1, max: 50 }));

describe('the check of an outcome', () => {
  it('takes whatever workers encode, and counts every failure by its code, however the bytes are cut', () => {
    fc.assert(
      fc.property(outcome, cuts, ({ items, text }, cuts) => {
        const checked = check(Buffer.from(text), items, cuts);
        const lines = text.trimEnd().split('\n');
        const failed = (code: string): number =>
          lines.filter((line) => line.includes(`"error":{"code":"${code}"`)).length;
        expect(checked).toMatchObject({ kind: 'valid', failed: failed('A') + failed('B') });
        if (checked.kind !== 'valid') return;
        expect(checked.ok + checked.failed).toBe(items);
        const counted = new Map(checked.failures.errors().map(({ code, count }) => [code, count]));
        expect([counted.get('A') ?? 0, counted.get('B') ?? 0]).toEqual([failed('A'), failed('B')]);
      }),
    );
  });

  it('refuses an outcome that lacks any number of its last bytes, or has any line twice', () => {
    fc.assert(
      fc.property(outcome, cuts, fc.nat(), ({ items, text }, cuts, chosen) => {
        const bytes = Buffer.from(text);
        expect(check(bytes.subarray(0, chosen % bytes.length), items, cuts).kind).toBe('damaged');
        const lines = text.split(/(?<=\n)/);
        const twice = lines.toSpliced(chosen % lines.length, 0, lines[chosen % lines.length] ?? '');
        expect(check(Buffer.from(twice.join('')), items, cuts).kind).toBe('damaged');
      }),
    );
  });

  it.each([
    ['', 'has 0 lines instead of 3'],
    [ok(7) + ok(8), 'has 2 lines instead of 3'],
    [ok(7) + ok(8) + ok(9) + ok(10), 'has more lines than 3'],
    [ok(7) + ok(8) + ok(9) + '\n', 'has more lines than 3'],
    [ok(7) + '\n' + ok(8), 'has a line 2 that is not JSON'],
    [ok(7) + ok(8) + ok(9).trimEnd(), 'ends in the middle of line 3'],
    [ok(7) + ok(9) + ok(8), 'has a line 2 that has the index 9 instead of 8'],
    [ok(8) + ok(9) + ok(10), 'has a line 1 that has the index 8 instead of 7'],
    [ok(7) + 'garbage\n' + ok(9), 'has a line 2 that is not JSON'],
    [ok(7) + 'null\n' + ok(9), 'has a line 2 that is no result line'],
    [ok(7) + '{"index":8,"ok":true}\n' + ok(9), 'has a line 2 that is no result line'],
    [ok(7) + '{"index":8,"ok":"yes","output":1}\n' + ok(9), 'has a line 2 that is no result line'],
    [ok(7, 'NaN'), 'has a line 1 that is not JSON'],
    [ok(7, '1} {'), 'has a line 1 that is not JSON'],
    [ok(7, '1,"output":2'), 'has a line 1 that is no result line'],
    [ok(7, '1,"index":9'), 'has a line 1 that has the index 9 instead of 7'],
    [`\u{feff}${ok(7)}`, 'has a line 1 that is not JSON'],
    ['{"index":7,"ok":false,"error":null}\n', 'has a line 1 that is no result line: its error has no code and message'],
    [
      '{"index":7,"ok":false,"error":{"code":1,"message":"x"}}\n',
      'has a line 1 that is no result line: its error has no code and message',
    ],
  ])('says what is wrong with %j', (text, fault) => {
    expect(checkText(text)).toEqual({ kind: 'damaged', fault });
  });

  it('names a line that is not UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"index":7,"ok":true,"output":"'),
      Buffer.from([0xff]),
      Buffer.from('"}\n'),
    ]);
    expect(check(bytes, 1)).toEqual({ kind: 'damaged', fault: 'has a line 1 that is not UTF-8' });
  });

  it('bears values that JSON can say and JavaScript cannot hold', () => {
    const values = ['12345678901234567890', '1e400', '-0', '"\\ud800"', '{"a":1,"a":2}', '{"__proto__":1}', '"\u2028"'];
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const all = [...values, deep];
    const text = all.map((json, position) => ok(FIRST + position, json)).join('');
    expect(checkText(text, all.length)).toMatchObject({ kind: 'valid', ok: all.length, failed: 0 });
  });

  it('does not gather a line without an end', () => {
    const checking = new OutcomeCheck({ firstIndex: 0, items: 1 });
    const piece = Buffer.alloc(16 * 1024 * 1024, 'x');
    for (let pushed = 0; pushed < 5; pushed += 1) checking.push(piece);
    expect(checking.end()).toEqual({ kind: 'damaged', fault: 'has a line 1 of more than 64 MiB' });
  });
});
