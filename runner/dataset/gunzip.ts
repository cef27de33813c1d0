/**
 * Unpacks gzip as `gzip` and Python do. It accepts several members one after another, and zero bytes after each of them, with which
 * tapes and block devices are padded. It accepts nothing else. https://www.rfc-editor.org/rfc/rfc1952
 */
import { createGunzip, type Gunzip } from 'node:zlib';
import { messageOf, systemCode, UserError } from '../errors.js';
import { ByteSource } from './byte-source.js';

/** A few large chunks are faster than many small ones. */
const UNPACKED_BYTES = 256 * 1024;

/** Errors of the source pass through unchanged. Errors of the compression name the file. */
export async function* gunzip(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const source = new ByteSource(chunks);
  try {
    do {
      yield* unpackMembers(source, signal);
      await skipZeros(source);
    } while ((await source.peek(1)).bytes.length > 0);
  } catch (error) {
    signal.throwIfAborted();
    const message = gzipErrorMessage(error, name);
    throw message === undefined ? error : new UserError(message);
  } finally {
    await source.close();
  }
}

/** Unpacks members up to zero bytes, at which zlib stops, or to the end. */
async function* unpackMembers(source: ByteSource, signal: AbortSignal): AsyncGenerator<Buffer> {
  const zlib = createGunzip({ chunkSize: UNPACKED_BYTES });
  zlib.on('error', () => undefined); // the loop below throws the error
  const feeding = feed(source, zlib);
  feeding.catch((error: unknown) => void zlib.destroy(error as Error));
  try {
    for await (const chunk of zlib) {
      signal.throwIfAborted(); // a small file may unpack to many chunks
      yield chunk as Buffer;
    }
    source.unread(await feeding);
  } finally {
    zlib.destroy();
  }
}

/** Feeds zlib. Resolves with the bytes of the last chunk that zlib did not consume. */
async function feed(source: ByteSource, zlib: Gunzip): Promise<Buffer> {
  const closed = new Promise((resolve) => zlib.once('close', resolve));
  let given = 0;
  for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) {
    given += chunk.length;
    await Promise.race([closed, new Promise((resolve) => zlib.write(chunk, resolve))]);
    const left = given - zlib.bytesWritten;
    if (left > 0 || zlib.destroyed) return chunk.subarray(chunk.length - left);
  }
  zlib.end();
  return Buffer.alloc(0);
}

async function skipZeros(source: ByteSource): Promise<void> {
  for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) {
    const rest = chunk.findIndex((byte) => byte !== 0);
    if (rest === -1) continue;
    source.unread(chunk.subarray(rest));
    return;
  }
}

/** Explains the error codes of zlib. https://nodejs.org/api/zlib.html#error-codes */
function gzipErrorMessage(error: unknown, name: string): string | undefined {
  const reason = messageOf(error);
  switch (systemCode(error)) {
    case 'Z_BUF_ERROR':
      return `${name} is incomplete: its compressed data ends too early (${reason}). Create or copy the file again.`;
    case 'Z_DATA_ERROR':
      // The header of the first member is right: it was checked before anything was unpacked. So this is a later header.
      return reason === 'incorrect header check'
        ? `${name} has bytes after its compressed data that are not gzip (${reason}). If you do not need them, unpack the file (gzip -dc ${name} > UNPACKED) and give that.`
        : `${name} is damaged: its compressed data is invalid (${reason}). Create or copy the file again.`;
    default:
      return undefined;
  }
}
