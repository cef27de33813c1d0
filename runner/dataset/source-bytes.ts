/** The bytes of a dataset, from a file or an object, unpacked when they are compressed. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { messageOf, systemCode, UserError } from '../errors.js';

/** Fewer, larger reads are faster; several are held at once. */
const READ_BYTES = 256 * 1024;

export async function* fileBytes(path: string, name: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES, signal })) yield chunk as Buffer;
  } catch (error) {
    signal.throwIfAborted();
    if (systemCode(error) === undefined) throw error;
    throw new UserError(`${name} cannot be read: ${messageOf(error)}.`);
  }
}

/** zlib's codes, in words. https://nodejs.org/api/zlib.html#error-codes */
const GZIP_TROUBLE: Readonly<Record<string, string>> = {
  Z_BUF_ERROR: 'is cut off: its compressed data ends too early',
  Z_DATA_ERROR: 'is not gzip, or is damaged',
};

/** Errors of the source pass through as they are; those of the compression name the file. */
export async function* gunzip(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const unpacked = createGunzip({ chunkSize: READ_BYTES });
  const feeding = pipeline(chunks, unpacked, { signal });
  feeding.catch(() => undefined); // seen below
  try {
    for await (const chunk of unpacked) yield chunk as Buffer;
    await feeding;
  } catch (error) {
    signal.throwIfAborted();
    const trouble = GZIP_TROUBLE[systemCode(error) ?? ''];
    if (trouble === undefined) throw error;
    throw new UserError(`${name} ${trouble} (${messageOf(error)}). Make it again, or copy it again.`);
  } finally {
    unpacked.destroy();
  }
}
