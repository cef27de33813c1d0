/**
 * Decodes runs and packed bits: the levels of Parquet and the numbers of dictionary entries.
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE
 */

/** Fills `output` from the bytes at `start`, which end at `end`. Returns the offset behind the last run that was read. */
export function readRuns(bytes: Uint8Array, start: number, end: number, width: number, output: Output): number {
  if (width > 32) throw new Error(`a run has numbers of ${width} bits`);
  if (width === 0) return start; // all are zero, as in a new array
  let at = start;
  let filled = 0;
  while (filled < output.length) {
    let header = 0;
    let byte = 0x80;
    for (let shift = 0; byte >= 0x80; shift += 7) {
      if (at >= end || shift > 28) throw new Error('its runs are not whole');
      byte = bytes[at] ?? 0;
      header += (byte & 0x7f) * 2 ** shift;
      at += 1;
    }
    const count = Math.floor(header / 2);
    if (header % 2 === 1) {
      const most = Math.min(count * 8, output.length - filled);
      unpackBits(bytes, at, end, width, output, filled, most);
      at = Math.min(end, at + count * width);
      filled += most;
    } else {
      const valueBytes = Math.ceil(width / 8);
      if (at + valueBytes > end) throw new Error('its runs are not whole');
      let value = 0;
      for (let i = 0; i < valueBytes; i++) value |= (bytes[at + i] ?? 0) << (8 * i);
      at += valueBytes;
      const most = Math.min(count, output.length - filled);
      output.fill(value, filled, filled + most);
      filled += most;
    }
  }
  return at;
}

/** Unpacks `count` numbers of `width` bits, the lowest bits first. The last group may be cut off behind the last number. */
function unpackBits(
  bytes: Uint8Array,
  start: number,
  end: number,
  width: number,
  output: Output,
  from: number,
  count: number,
): void {
  if (start + Math.ceil((count * width) / 8) > end) throw new Error('its packed bits are not whole');
  if (width <= MAX_FAST_WIDTH) unpackNarrow(bytes, start, width, output, from, count);
  else unpackWide(bytes, start, width, output, from, count);
}

/** With up to seven bits that are left over, such numbers fit in the 31 bits of fast arithmetic. */
const MAX_FAST_WIDTH = 24;

type Output = Uint8Array | Uint16Array | Int32Array;

function unpackNarrow(
  bytes: Uint8Array,
  start: number,
  width: number,
  output: Output,
  from: number,
  count: number,
): void {
  const mask = (1 << width) - 1;
  let at = start;
  let have = 0;
  let bits = 0;
  for (let i = from; i < from + count; i++) {
    while (have < width) {
      bits |= (bytes[at] ?? 0) << have;
      at += 1;
      have += 8;
    }
    output[i] = bits & mask;
    bits >>>= width;
    have -= width;
  }
}

function unpackWide(
  bytes: Uint8Array,
  start: number,
  width: number,
  output: Output,
  from: number,
  count: number,
): void {
  const range = 2 ** width;
  let at = start;
  let have = 0;
  let bits = 0;
  for (let i = from; i < from + count; i++) {
    while (have < width) {
      bits += (bytes[at] ?? 0) * 2 ** have;
      at += 1;
      have += 8;
    }
    output[i] = bits % range;
    bits = Math.floor(bits / range);
    have -= width;
  }
}

/** The bits of a number up to `most`. */
export const widthOf = (most: number): number => 32 - Math.clz32(most);
