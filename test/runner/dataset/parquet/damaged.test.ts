import fc from 'fast-check';
import { expect, it } from 'vitest';
import { UserError } from '../../../../runner/errors.js';
import { fixture, linesOfParquet, memorySource, type Written, written } from './sources.js';

const CODECS = ['none', 'snappy', 'gzip', 'brotli', 'zstd', 'lz4'];
const FILES = [...CODECS.map((codec) => `small_${codec}.parquet`), 'types.parquet', 'nested.parquet'];

it.each([
  ['nothing', Buffer.alloc(0), /has only 0 bytes/],
  ['other letters', Buffer.from('PAR1 this is no table'), /does not end as a Parquet file does.*cut off/],
  [
    'a length beyond the file',
    Buffer.from('PAR1....\xff\xff\xff\x7fPAR1', 'latin1'),
    /its footer states a length of 2147483647 bytes/,
  ],
  ['a length of zero', Buffer.from('PAR1....\0\0\0\0PAR1'), /its footer states a length of 0 bytes/],
  ['a footer of noise', Buffer.from('PAR1....................\x10\0\0\0PAR1'), /its footer cannot be decoded/],
])('a file with %s is refused', async (_, bytes, message) => {
  await expect(linesOfParquet(memorySource('x.parquet', bytes))).rejects.toThrow(message);
});

it('a file that is cut off anywhere is refused', async () => {
  const bytes = fixture('small_zstd.parquet');
  for (let length = 0; length < bytes.length; length += 7) {
    await expect(linesOfParquet(memorySource('x.parquet', bytes.subarray(0, length)))).rejects.toThrow(UserError);
  }
});

it('a page that does not have its checksum is refused', async () => {
  const bytes = Buffer.from(fixture('small_gzip.parquet'));
  // The last byte of the first column's first page is in gzip's own trailer, which the page's checksum covers, too.
  bytes[40] = (bytes[40] ?? 0) ^ 1;
  await expect(linesOfParquet(memorySource('x.parquet', bytes))).rejects.toThrow(
    'The dataset x.parquet is a damaged Parquet file: its column "id" has a page with a wrong checksum. Download it again, or write it again with the program that made it.',
  );
});

it('damaged bytes give rows or an error that names the file, in bounded time and memory', async () => {
  const originals = new Map(FILES.map((name) => [name, fixture(name)]));
  const change = fc.tuple(fc.double({ min: 0, max: 0.9999, noNaN: true }), fc.integer({ min: 1, max: 255 }));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...FILES),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      async (name, changes) => {
        const bytes = Buffer.from(originals.get(name) ?? Buffer.alloc(0));
        for (const [place, mask] of changes) {
          const at = Math.floor(place * bytes.length);
          bytes[at] = (bytes[at] ?? 0) ^ mask;
        }
        const outcome = await linesOfParquet(memorySource('x.parquet', bytes), { limit: 1_000 }).catch(
          (error: unknown) => error,
        );
        if (Array.isArray(outcome)) return;
        expect(outcome).toBeInstanceOf(UserError);
        expect((outcome as UserError).message).toContain('x.parquet');
      },
    ),
    { numRuns: 150 },
  );
});

it('no damaged bit of a page gives a line that is no JSON, in a file without checksums', async () => {
  const schema: Written = [
    { name: 'root', num_children: 1 },
    { name: 's', repetition_type: 'OPTIONAL', num_children: 1 },
    { name: 'v', type: 'INT64', repetition_type: 'OPTIONAL' },
  ];
  const rows = Array.from({ length: 9 }, (_, n) => (n % 7 === 0 ? null : { v: n % 5 === 0 ? null : BigInt(n % 2) }));
  const bytes = await written(schema, 's', rows);
  const footerBytes = new DataView(bytes.buffer).getUint32(bytes.length - 8, true);
  for (let bit = 0; bit < 8 * (bytes.length - 8 - footerBytes); bit++) {
    const damaged = new Uint8Array(bytes);
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const outcome = await linesOfParquet(memorySource('x.parquet', damaged)).catch((error: unknown) => error);
    if (!Array.isArray(outcome)) expect(outcome).toBeInstanceOf(UserError);
    else
      for (const line of outcome as string[]) expect(() => JSON.parse(line.replace(/^!/, '')) as unknown).not.toThrow();
  }
});
