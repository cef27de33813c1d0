/** Reads the raw bytes of a file or a pipe. */
import { closeSync, constants, createReadStream, openSync, type ReadStream, writeSync } from 'node:fs';
import { messageOf, systemCode, UserError } from '../errors.js';

/** Larger reads are faster, but several of them are in memory at once. */
const READ_BYTES = 256 * 1024;

/** `pipe` is true for a pipe, whose writer may keep the reader waiting for any time. */
export async function* fileBytes(
  path: string,
  name: string,
  signal: AbortSignal,
  pipe = false,
): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  const stream = createReadStream(path, { highWaterMark: READ_BYTES, signal });
  const wake = (): void => {
    if (pipe && !stream.readableEnded && !stream.closed) wakeReader(path, stream);
  };
  signal.addEventListener('abort', wake, { once: true });
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    signal.throwIfAborted();
    if (systemCode(error) === undefined) throw error;
    throw new UserError(`Cannot read ${name}: ${messageOf(error)}.`);
  } finally {
    signal.removeEventListener('abort', wake);
    if (!signal.aborted) wake();
  }
}

/**
 * A thread that blocks on a pipe cannot be interrupted, and a process ends only with its threads. So when the pipe is no longer needed,
 * this opens a writer until the reader has closed, and writes a byte that nobody uses.
 */
function wakeReader(path: string, reader: ReadStream): void {
  try {
    const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    reader.once('close', () => closeSync(pipe));
    writeSync(pipe, '\n');
  } catch {
    // The pipe is gone or full, so no thread waits for it.
  }
}
