/** Unpacks the stored bytes of a dataset if they are compressed, and recognises their format. */
import type { Compression } from '../../core/dataset/dataset-format.js';
import { ByteSource } from './byte-source.js';
import { gunzip } from './gunzip.js';
import {
  compressionOf,
  type FormatHints,
  HEAD_BYTES,
  mayBeLongArray,
  type Recognised,
  recognise,
} from './recognise.js';
import { unzstd } from './unzstd.js';

export interface OpenedBytes {
  /** The unpacked bytes from the beginning. Close the source, or read it to its end. */
  readonly source: ByteSource;
  readonly recognised: Recognised;
  /** True when there are no bytes, or only blank ones. Then the format was not seen. */
  readonly isBlank: boolean;
}

/**
 * The end of an array on one line shows whether it is the only one. Several files are open at once, so no more of such a line is in memory. Longer lines that
 * are arrays are taken for one array, and the reader refuses the second one.
 */
const LONG_HEAD_BYTES = 2 * 1024 * 1024;

export async function openBytes(
  stored: AsyncIterable<Uint8Array>,
  hints: FormatHints,
  signal: AbortSignal,
): Promise<OpenedBytes> {
  let source = new ByteSource(stored);
  try {
    const packed = compressionOf((await source.peek(HEAD_BYTES)).bytes);
    if (packed !== undefined) source = new ByteSource(UNPACKERS[packed](source, hints.name, signal));
    let head = await source.peek(HEAD_BYTES);
    for (let bytes = 2 * HEAD_BYTES; mayBeLongArray(head) && bytes <= LONG_HEAD_BYTES; bytes *= 2)
      head = await source.peek(bytes);
    const isBlank = head.whole && /^(\xef\xbb\xbf)?\s*$/.test(head.bytes.toString('latin1'));
    return { source, recognised: recognise(head, packed, hints), isBlank };
  } catch (error) {
    await source.close();
    throw error;
  }
}

const UNPACKERS: Readonly<Record<Compression, typeof gunzip>> = { gzip: gunzip, zstd: unzstd };
