import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { harmless, printable, printableLines } from '../../core/printable.js';

const HARMFUL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
/** Likelier than chance to make a sequence. */
const hostileText = fc
  .array(
    fc.constantFrom(
      '\x1b',
      '\x9b',
      '\x9d',
      '[',
      ']',
      '52;c;',
      '31m',
      '8',
      ';',
      '\x07',
      '\x1b\\',
      '\u202e',
      '\u2028',
      '\r',
      '\n',
      '\t',
      'a',
      'é',
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

describe('text of others', () => {
  it.each([
    ['a title', '\x1b]0;evil\x07model.ts', 'model.ts'],
    ['a write to the clipboard', 'a\x1b]52;c;cm0gLXJmIH4=\x1b\\b', 'ab'],
    ['a colour', '\x1b[1;31mred\x1b[0m', 'red'],
    ['a cleared screen', 'a\x1b[2Jb\r\nc\x07', 'ab c'],
    ['controls of eight bits', '\x9b2Jx\x9d0;t\x9cy', 'xy'],
    ['a sequence that never ends', 'a\x1b]0;title', 'a0;title'],
    ['text that runs backwards', 'invoice\u202egpj.exe', 'invoicegpj.exe'],
    ['line separators', 'a\u2028b\u2029c\x85d', 'a b c d'],
    ['deleted characters', 'a\x7f\x08b', 'a b'],
    ['other scripts', 'שלום 你好 👩‍🔬 é', 'שלום 你好 👩‍🔬 é'],
  ])('is one line without %s', (_what, text, wanted) => {
    expect(printable(text)).toBe(wanted);
  });

  it('keeps its lines where it is a log; a carriage return ends one, as progress bars have it', () => {
    expect(printableLines('10 %\r20 %\r\ndone\n\tat here')).toBe('10 %\n20 %\ndone\n at here');
  });

  it('holds no control character, whatever it was', () => {
    fc.assert(
      fc.property(fc.oneof(hostileText, fc.string({ unit: 'binary' })), (text) => {
        expect(printable(text)).not.toMatch(HARMFUL);
        expect(printable(text)).not.toContain('\n');
        expect(printableLines(text)).not.toMatch(HARMFUL);
      }),
    );
  });

  it('takes no longer when it is made to be slow', () => {
    for (const part of ['\x1b]', '\x9d', '\x1b[', '\x1b[1;', '\x1b ', '\r\n']) printable(part.repeat(200_000));
  });
});

describe('what a terminal is given', () => {
  it('holds nothing that the terminal acts upon, with colours or without', () => {
    fc.assert(
      fc.property(fc.oneof(hostileText, fc.string({ unit: 'binary' })), (text) => {
        expect(harmless(text, { colours: false })).not.toMatch(HARMFUL);
        expect(harmless(text, { colours: true }).replaceAll(/\x1b\[\d{1,3}m/g, '')).not.toMatch(HARMFUL);
      }),
    );
  });

  it('keeps line feeds, tabs and our own colours, and no other attribute', () => {
    const text = '\x1b[1m\x1b[32mok\x1b[39m\x1b[22m\n\ta\x1b[8mhidden\x1b[5mblinks\x1b[1;31mtwo\x1b[38;5;1mmany';
    expect(harmless(text, { colours: true })).toBe(
      '\x1b[1m\x1b[32mok\x1b[39m\x1b[22m\n\ta\\u001b[8mhidden\\u001b[5mblinks\\u001b[1;31mtwo\\u001b[38;5;1mmany',
    );
    expect(harmless('\x1b[32mok', { colours: false })).toBe('\\u001b[32mok');
  });

  it('is the same JSON', () => {
    fc.assert(
      fc.property(fc.oneof(hostileText, fc.string({ unit: 'binary' })), (text) => {
        const json = JSON.stringify({ text });
        expect(JSON.parse(harmless(json, { colours: true }))).toEqual({ text });
      }),
    );
  });
});
