// Reads an image (8-bit grey PNG, as lab/images.ts writes it). An item is a path, the value the sum of its pixels.
import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';

const SIGNATURE_BYTES = 8;
const CHUNK_BYTES = 12;
const SUB = 1;

const now = () => performance.timeOrigin + performance.now();

export function predict(paths) {
  return paths.map((path) => {
    const startMs = now();
    return { value: sumOf(readFileSync(path)), startMs, endMs: now(), pid: process.pid };
  });
}

function sumOf(png) {
  let width = 0;
  const parts = [];
  for (let at = SIGNATURE_BYTES; at < png.length; at += CHUNK_BYTES + png.readUInt32BE(at)) {
    const length = png.readUInt32BE(at);
    const kind = png.toString('latin1', at + 4, at + 8);
    if (kind === 'IHDR') width = png.readUInt32BE(at + 8);
    if (kind === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + length));
  }
  const lines = inflateSync(Buffer.concat(parts));
  let sum = 0;
  for (let at = 0; at < lines.length; at += width + 1) {
    if (lines[at] !== SUB) throw new Error(`A line has the filter ${lines[at]}.`);
    let pixel = 0;
    for (let x = 1; x <= width; x += 1) {
      pixel = (pixel + lines[at + x]) & 0xff;
      sum += pixel;
    }
  }
  return sum;
}
