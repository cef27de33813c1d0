/**
 * Unpacks gzip as gzip and Python do: several members one after another, zero bytes after any of them (tapes and block devices are
 * padded so), nothing else. https://www.rfc-editor.org/rfc/rfc1952
 */
import { createGunzip, type Gunzip } from 'node:zlib';
import { messageOf, systemCode, UserError } from '../errors.js';
import { ByteSource } from './byte-source.js';

/** Few, large pieces are faster. */
const UNPACKED_BYTES = 256 * 1024;

/** Errors of the source pass through as they are; those of the compression name the file. */
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
    const trouble = troubleOf(error);
    throw trouble === undefined ? error : new UserError(`${name} ${trouble} (${messageOf(error)}).`);
  } finally {
    await source.close();
  }
}

/** Members up to zero bytes, where zlib stops, or to the end. */
async function* unpackMembers(source: ByteSource, signal: AbortSignal): AsyncGenerator<Buffer> {
  const zlib = createGunzip({ chunkSize: UNPACKED_BYTES });
  zlib.on('error', () => undefined); // who reads it is told
  const feeding = feed(source, zlib);
  feeding.catch((error: unknown) => void zlib.destroy(error as Error));
  try {
    for await (const chunk of zlib) {
      signal.throwIfAborted(); // a small file may hold a lot
      yield chunk as Buffer;
    }
    source.unread(await feeding);
  } finally {
    zlib.destroy();
  }
}

/** Gives back the bytes of the last chunk that zlib did not take. */
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

/** In words what zlib's codes mean. https://nodejs.org/api/zlib.html#error-codes */
function troubleOf(error: unknown): string | undefined {
  switch (systemCode(error)) {
    case 'Z_BUF_ERROR':
      return 'is cut off: its compressed data ends too early. Make it again, or copy it again';
    case 'Z_DATA_ERROR':
      // The header of the first member was seen before anything was unpacked.
      return messageOf(error) === 'incorrect header check'
        ? 'goes on after its compressed data with bytes that are not gzip. If they are no loss: gzip -dc FILE > UNPACKED, and give that'
        : 'is damaged: its compressed data does not add up. Make it again, or copy it again';
    default:
      return undefined;
  }
}
