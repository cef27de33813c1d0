/** The bytes of a file, as they are. */
import { createReadStream } from 'node:fs';
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
