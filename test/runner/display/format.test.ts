import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as format from '../../../runner/display/format.js';

describe('numbers for people', () => {
  it.each([
    [8, '8 s'],
    [80, '1 m 20 s'],
    [7_500, '2 h 05 m'],
  ])('shows %d seconds as %s', (seconds, text) => expect(format.span(seconds)).toBe(text));

  it.each([
    [0, '$0'],
    [12.345, '$12.35'],
    [0.25, '$0.25'],
    [0.0041, '$0.0041'],
    [0.00000123, '$0.0000012'],
  ])('shows %d dollars as %s', (value, text) => expect(format.dollars(value)).toBe(text));

  it.each([
    [412.4, '412 items/s'],
    [3.25, '3.3 items/s'],
    [0.5, '0.50 items/s'],
    [0.01, '36.0 items/h'],
  ])('shows a rate of %d as %s', (value, text) => expect(format.rate(value)).toBe(text));

  it('never shows 100 % before everything is done', () => {
    expect(format.percent(99_999, 100_000)).toBe('99 %');
    expect(format.percent(100_000, 100_000)).toBe('100 %');
    expect(format.percent(0, 0)).toBe('100 %');
  });

  it('shows sizes with units', () => {
    expect([0, 999, 1_000, 5_400_000, 123_000_000_000].map(format.bytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 KB',
      '5.4 MB',
      '123 GB',
    ]);
  });
});

describe('text that must fit', () => {
  it('is never wider than asked, even with colours and wide characters', () => {
    const part = fc.oneof(fc.string(), fc.constantFrom('\x1b[31m', '\x1b[0m', '分子', 'é', '🧪'));
    fc.assert(
      fc.property(fc.array(part), fc.integer({ min: 1, max: 40 }), (parts, columns) => {
        const text = parts.map((one) => (one.startsWith('\x1b') ? one : format.oneLine(one))).join('');
        expect(format.width(format.fit(text, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it('closes the colour that it cuts', () => {
    expect(format.fit('\x1b[31mredder than red\x1b[0m', 7)).toBe('\x1b[31mredder…\x1b[0m');
  });

  it('cannot move the cursor, whatever a model has written', () => {
    expect(format.oneLine('a\x1b[2Jb\r\nc\x07')).toBe('ab c');
  });

  it('is cut in the middle when it is a whole log, so that its cause stays visible', () => {
    const log = `It could not be loaded. The end of its log:\n${'  at somewhere\n'.repeat(200)}Error: no weights`;
    const shown = format.sentence(log);
    expect(shown.length).toBeLessThan(330);
    expect(shown).toMatch(/^It could not be loaded\. .* … .*Error: no weights$/);
  });

  it('lines up in tables', () => {
    expect(
      format.table(
        [
          ['a', '10', 'x'],
          ['long', '2', 'yy'],
        ],
        [1],
      ),
    ).toEqual(['a     10  x', 'long   2  yy']);
  });
});

describe('a table that is wider than the terminal', () => {
  const rows = [
    ['JOB', 'STATE', 'OK', 'ON SPOT'],
    ['sweep-1', 'complete', '12', '$0.000059'],
  ];

  it('is broken into several tables that begin with the first column, so no figure is cut off', () => {
    expect(format.tables(rows, [2, 3], 25)).toEqual([
      ...['JOB      STATE     OK', 'sweep-1  complete  12'],
      '',
      ...['JOB        ON SPOT', 'sweep-1  $0.000059'],
    ]);
  });

  it('stays one table where it fits, and in a pipe', () => {
    expect(format.tables(rows, [2, 3], 32)).toEqual(format.table(rows, [2, 3]));
    expect(format.tables(rows, [2, 3], Infinity)).toEqual(format.table(rows, [2, 3]));
  });

  it('has one column beside the first where no more fit', () => {
    expect(format.tables(rows, [], 1).filter((line) => line.startsWith('JOB'))).toEqual([
      'JOB      STATE',
      'JOB      OK',
      'JOB      ON SPOT',
    ]);
  });
});
