/** The bytes of a file or a pipe, as they are. */
import { closeSync, constants, createReadStream, openSync, type ReadStream, writeSync } from 'node:fs';
import { messageOf, systemCode, UserError } from '../errors.js';

/** Fewer, larger reads are faster; several are held at once. */
const READ_BYTES = 256 * 1024;

/** `pipe`: whoever writes into it may let its reader wait for as long as it likes. */
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
    throw new UserError(`${name} cannot be read: ${messageOf(error)}.`);
  } finally {
    signal.removeEventListener('abort', wake);
    if (!signal.aborted) wake();
  }
}

/**
 * A thread that waits for a pipe cannot be told to stop, and a process ends only with its threads. So, when nobody wants more of the
 * pipe, it gets a writer until its reader is gone, and a byte that nobody will use.
 */
function wakeReader(path: string, reader: ReadStream): void {
  try {
    const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    reader.once('close', () => closeSync(pipe));
    writeSync(pipe, '\n');
  } catch {
    // The pipe is gone, or it is full: nobody waits for it.
  }
}
