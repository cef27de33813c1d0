import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../../worker/process/line-splitter.js';

function split(chunks: readonly Buffer[], maxBytes: number, cut = false): { lines: string[]; tooLong: string[] } {
  const lines: string[] = [];
  const tooLong: string[] = [];
  const splitter = new LineSplitter(maxBytes, {
    line: (line) => lines.push(line),
    ...(cut ? {} : { tooLong: (start: string) => tooLong.push(start) }),
  });
  for (const chunk of chunks) splitter.write(chunk);
  splitter.end();
  return { lines, tooLong };
}

describe('cutting a stream into lines', () => {
  it('gives the same lines however the bytes arrive', () => {
    const line = fc.string({ unit: 'binary' }).map((text) => text.replaceAll(/[\r\n]/g, ''));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }), (lines, sizes) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        const chunks: Buffer[] = [];
        for (let start = 0; start < bytes.length;) {
          const size = sizes[chunks.length % sizes.length] ?? 1;
          chunks.push(bytes.subarray(start, start + size));
          start += size;
        }
        expect(split(chunks, 1_000_000).lines).toEqual(lines.map((text) => Buffer.from(text).toString()));
      }),
    );
  });

  it('removes carriage returns, and gives a last line without a newline', () => {
    expect(split([Buffer.from('a\r\n\nb')], 10).lines).toEqual(['a', '', 'b']);
  });

  it('ends at a line that is too long, even if that line never ends', () => {
    const chunks = [Buffer.from('ok\nabc'), Buffer.from('defgh'), Buffer.from('ij\nnext\n')];
    expect(split(chunks, 6)).toEqual({ lines: ['ok'], tooLong: ['abcdef'] });
  });

  it('cuts a long line when asked to, and goes on with the next', () => {
    const chunks = [Buffer.from('abcdef'), Buffer.from('ghi\nnext\n')];
    expect(split(chunks, 4, true).lines).toEqual(['abcd…', 'next']);
  });

  it('gives lines that are not UTF-8 to their handler, with the first wrong byte', () => {
    const found: unknown[] = [];
    const lines: string[] = [];
    const splitter = new LineSplitter(100, {
      line: (line) => lines.push(line),
      notUtf8: (line, where) => found.push([line, where]),
    });
    const replaced = Buffer.from('\ufffd');
    const pieces = [
      replaced,
      Buffer.from(' ä\n'),
      replaced,
      Buffer.from('ä'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('\nend'),
    ];
    splitter.write(Buffer.concat(pieces));
    splitter.end();
    expect(lines).toEqual(['\ufffd ä', 'end']);
    expect(found).toEqual([['\ufffdä\ufffd\ufffd', { position: 6, byte: 0xff }]]);
    expect(split([Buffer.from([0xe4])], 10).lines).toEqual(['\ufffd']);
  });

  it('finds the first byte that is not UTF-8 at any position', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(0xff, 0xc0, 0x80),
        fc.string(),
        (before, byte, after) => {
          const start = Buffer.from(before.replaceAll(/[\r\n]/g, ''));
          const where: unknown[] = [];
          const splitter = new LineSplitter(1_000_000, {
            line: () => undefined,
            notUtf8: (_line, found) => where.push(found),
          });
          splitter.write(Buffer.concat([start, Buffer.from([byte]), Buffer.from(after.replaceAll(/[\r\n]/g, ''))]));
          splitter.end();
          expect(where).toEqual([{ position: start.length + 1, byte }]);
        },
      ),
    );
  });
});
