import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FileKind, fileKind } from '../../../core/dataset/file-kind.js';

const kindOf = (bytes: Uint8Array): FileKind | undefined => fileKind(bytes, isUtf8(bytes));
function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

const binary = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('the first bytes of a file', () => {
  it.each<[FileKind, Buffer]>([
    ['gzip', gzipSync('x')],
    ['zip', binary('PK\x03\x04\x14\0\0\0\0\0a.csv')],
    ['spreadsheet', binary('PK\x03\x04\x14\0\0\0\0\0[Content_Types].xml')],
    ['numpy', binary('PK\x03\x04\x14\0\0\0\0\0arr_0.npy')],
    ['bzip2', binary('BZh91AY&SY\xd8r\x01\x2f')],
    ['xz', binary('\xfd7zXZ\0\0\x04')],
    ['zstd', binary('\x28\xb5\x2f\xfd\x04\x58')],
    ['tar', Buffer.concat([binary('a.jsonl'), Buffer.alloc(250), binary('ustar\x0000')])],
    ['parquet', binary('PAR1\x15\x04\x15\x10')],
    ['arrow', binary('ARROW1\0\0\xff\xff\xff\xff')],
    ['orc', binary('ORC\x0a\x03\0\0\0')],
    ['avro', binary('Obj\x01\x04\x14')],
    ['sqlite', binary('SQLite format 3\0\x10\0')],
    ['hdf5', binary('\x89HDF\r\n\x1a\n')],
    ['numpy', binary('\x93NUMPY\x01\0v\0')],
    ['pdf', binary('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n')],
    ['image', binary('\x89PNG\r\n\x1a\n')],
    ['image', binary('\xff\xd8\xff\xe0\0\x10JFIF')],
    ['image', binary('RIFF\x24\x60\0\0WEBPVP8 ')],
    ['utf-16', Buffer.from('\ufeffäöü\n', 'utf16le')],
    ['utf-16', Buffer.from('\ufeff{"a":1}\n', 'utf16le').swap16()],
    ['utf-16', Buffer.from('{"a":1}\n', 'utf16le')],
    ['utf-16', Buffer.from('{"a":1}\n', 'utf16le').swap16()],
    ['utf-32', binary('\xff\xfe\0\0a\0\0\0')],
    ['utf-32', binary('a\0\0\0b\0\0\0\n\0\0\0')],
    ['binary', Buffer.from(Array.from({ length: 4_096 }, (_, i) => (i * 7_919) % 256))],
    ['binary', Buffer.alloc(4_096)],
  ])('show that it is %s', (kind, bytes) => {
    expect(kindOf(bytes)).toBe(kind);
  });

  it.each([
    'PAR1\nPAR2\n',
    'ORC1\tgene\n',
    'GIF8\n',
    'FEA1',
    'BZh is a word\n',
    'PK\n',
    '',
    '\0\n\0\n',
    '"a\0b"\n',
    'a\0bc\0d\n',
  ])('show nothing when they are a text that begins like another format: %j', (text) =>
    expect(kindOf(Buffer.from(text))).toBeUndefined(),
  );

  it('show nothing when they are a text in an old encoding: its lines are told one by one', () => {
    expect(kindOf(binary('caf\xe9;na\xefve\n'.repeat(50)))).toBeUndefined();
  });

  it('never show that JSON Lines are something else', () => {
    fc.assert(
      fc.property(fc.array(fc.json(), { minLength: 1 }), (lines) => {
        expect(kindOf(Buffer.from(lines.join('\n')))).toBeUndefined();
      }),
    );
  });
});
