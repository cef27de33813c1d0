/** Unpacks the stored bytes of a dataset if they are compressed, and recognises their format. */
import { ByteSource } from './byte-source.js';
import { gunzip } from './gunzip.js';
import { MAX_LINE_BYTES } from './line-blocks.js';
import { type FormatHints, HEAD_BYTES, isGzip, mayBeLongArray, type Recognised, recognise } from './recognise.js';

export interface OpenedBytes {
  /** The unpacked bytes from the beginning. Close the source, or read it to its end. */
  readonly source: ByteSource;
  readonly recognised: Recognised;
}

export async function openBytes(
  stored: AsyncIterable<Uint8Array>,
  hints: FormatHints,
  signal: AbortSignal,
): Promise<OpenedBytes> {
  let source = new ByteSource(stored);
  try {
    const gzip = isGzip((await source.peek(HEAD_BYTES)).bytes);
    if (gzip) source = new ByteSource(gunzip(source, hints.name, signal));
    let head = await source.peek(HEAD_BYTES);
    if (mayBeLongArray(head)) head = await source.peek(MAX_LINE_BYTES);
    return { source, recognised: recognise(head, gzip, hints) };
  } catch (error) {
    await source.close();
    throw error;
  }
}
