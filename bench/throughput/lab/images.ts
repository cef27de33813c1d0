/** Writes small images for the benchmark: 8-bit grey PNGs, each with a different pattern, the same in each run. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

const SIDE = 128;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** The filter stores each pixel as its difference from the previous one, so that patterns compress well. */
const SUB_FILTER = 1;
/** Image programs use this level by default. */
const COMPRESSION_LEVEL = 6;

/** Returns the paths of the images. */
export function writeImages(directory: string, count: number): readonly string[] {
  mkdirSync(directory, { recursive: true });
  return Array.from({ length: count }, (_, n) => {
    const file = path.join(directory, `${String(n).padStart(5, '0')}.png`);
    writeFileSync(file, png(n));
    return file;
  });
}

function png(seed: number): Buffer {
  const lines = Buffer.alloc(SIDE * (SIDE + 1));
  for (let y = 0; y < SIDE; y += 1) {
    const start = y * (SIDE + 1);
    lines[start] = SUB_FILTER;
    for (let x = 0; x < SIDE; x += 1) lines[start + 1 + x] = pixel(x, y, seed) - (x === 0 ? 0 : pixel(x - 1, y, seed));
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE, 0);
  header.writeUInt32BE(SIDE, 4);
  header[8] = 8; // This is the bit depth; the remaining zeros mean grey, deflate, not interlaced.
  const data = deflateSync(lines, { level: COMPRESSION_LEVEL });
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

/** Computes a pixel of waves with a little grain. */
function pixel(x: number, y: number, seed: number): number {
  const wave = Math.sin((x + seed) / 9) * Math.cos((y * (1 + (seed % 7))) / 23);
  const grain = ((x * 73_856_093) ^ (y * 19_349_663) ^ (seed * 83_492_791)) & 0x07;
  return (128 + Math.round(wave * 100) + grain) & 0xff;
}

function chunk(kind: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
