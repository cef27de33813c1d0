/** Unpacks the pages of Parquet. A damaged page must not make a decompressor reserve more than its header states. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { CompressionCodec } from 'hyparquet';
import { compressors, decompressZstd } from 'hyparquet-compressors';

/** The codecs that are read. Only LZO is missing, which no writer of today offers. */
type ReadCodec = Exclude<CompressionCodec, 'LZO'>;

const DECOMPRESSORS: Readonly<Record<ReadCodec, (bytes: Uint8Array, size: number) => Uint8Array>> = {
  UNCOMPRESSED: (bytes) => bytes,
  SNAPPY: (bytes, size) => packed('SNAPPY', bytes, size),
  // Node's own decompressors are faster than those in JavaScript, and have a bound.
  GZIP: (bytes, size) => gunzipSync(bytes, { maxOutputLength: size }),
  BROTLI: (bytes, size) => brotliDecompressSync(bytes, { maxOutputLength: size }),
  ZSTD: (bytes, size) => {
    checkZstdFrame(bytes, size);
    return decompressZstd(bytes);
  },
  LZ4: (bytes, size) => packed('LZ4', bytes, size),
  LZ4_RAW: (bytes, size) => packed('LZ4_RAW', bytes, size),
};

function packed(codec: 'SNAPPY' | 'LZ4' | 'LZ4_RAW', bytes: Uint8Array, size: number): Uint8Array {
  const decompress = compressors[codec];
  if (decompress === undefined) throw new Error(`there is no decompressor for ${codec}`);
  return decompress(bytes, size);
}

export const isReadCodec = (codec: string): codec is ReadCodec => Object.hasOwn(DECOMPRESSORS, codec);

/** Returns `size` bytes that share no memory with anything else, so that a decoder that reads too far fails. */
export function decompress(codec: string, bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  if (!isReadCodec(codec)) throw new Error(`its compression ${codec} is not supported`);
  if (size === 0) return new Uint8Array();
  const unpacked = DECOMPRESSORS[codec](bytes, size);
  if (unpacked.length !== size) throw new Error(`a page has ${unpacked.length} bytes, and its header states ${size}`);
  return ownBytes(unpacked);
}

export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const isOwn =
    bytes.byteOffset === 0 && bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength === bytes.length;
  return isOwn ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}

const ZSTD_MAGIC = 0xfd2fb528;
/** Writers use windows up to 8 MiB unless they are told otherwise. */
const MAX_WINDOW_BYTES = 128 * 1024 * 1024;

/** Checks the sizes in the header of a frame, which the decompressor would reserve. RFC 8878, section 3.1.1.1 */
function checkZstdFrame(bytes: Uint8Array, size: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== ZSTD_MAGIC) throw new Error('a page is no Zstandard frame');
  const flags = view.getUint8(4);
  const single = (flags >> 5) & 1;
  const sizeFlag = flags >> 6;
  const sizeAt = 6 - single + ([0, 1, 2, 4][flags & 3] ?? 0);
  if (single === 0) {
    const window = view.getUint8(5);
    const base = 2 ** (10 + (window >> 3));
    const windowBytes = base + (base / 8) * (window & 7);
    if (windowBytes > MAX_WINDOW_BYTES) throw new Error(`a page needs a Zstandard window of ${windowBytes} bytes`);
  } else if (sizeFlag === 0 && view.getUint8(sizeAt) !== size)
    throw new Error('a page has another size than its header states');
  const stated =
    sizeFlag === 1
      ? view.getUint16(sizeAt, true) + 256
      : sizeFlag === 2
        ? view.getUint32(sizeAt, true)
        : sizeFlag === 3
          ? Number(view.getBigUint64(sizeAt, true))
          : size;
  if (stated !== size) throw new Error('a page has another size than its header states');
}
