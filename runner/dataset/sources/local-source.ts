/** Local files, pipes and standard input as sources. */
import { open, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, systemCode, UserError } from '../../errors.js';
import { fileBytes } from '../source-bytes.js';
import type { Source } from './source.js';

export const STANDARD_INPUT = '-';

/** A regular file that a walk has found, or that an argument names. */
export const fileSource = (name: string, file: string, identity = file): Source => ({
  name,
  identity,
  again: true,
  file,
  facts: async () => ({ size: (await stat(file).catch((error: unknown) => cannotRead(name, error))).size }),
  stream: (signal) => fileBytes(file, name, signal),
  read: (startByte, endByte, signal) => readRange(name, file, { startByte, endByte }, signal),
});

/** `isPipe` is false for a device, which never keeps its reader waiting. */
export const pipeSource = (name: string, file: string, isPipe: boolean): Source => ({
  name,
  identity: file,
  again: false,
  facts: async () => ({}),
  stream: (signal) => fileBytes(file, name, signal, isPipe),
});

/** Returns the file that an argument names, if there is one. Undefined for a folder, too. */
export async function namedFile(name: string, cwd: string): Promise<Source | 'folder' | undefined> {
  const file = name === STANDARD_INPUT ? '/dev/stdin' : path.resolve(cwd, name);
  const found = await stat(file).catch((error: unknown) => {
    if (systemCode(error) === 'ELOOP') throw new UserError(`The dataset ${name} is a link that leads in a circle.`);
    if (systemCode(error) === 'EACCES') return cannotRead(name, error);
    return undefined;
  });
  if (found === undefined) return undefined;
  if (found.isDirectory()) return 'folder';
  if (!found.isFile()) return pipeSource(name, file, found.isFIFO());
  // A link and its file are the same one. The file of standard input may have no name any more.
  return fileSource(name, file, await realpath(file).catch(() => file));
}

async function readRange(
  name: string,
  file: string,
  { startByte, endByte }: { readonly startByte: number; readonly endByte: number },
  signal: AbortSignal,
): Promise<Uint8Array> {
  signal.throwIfAborted();
  const bytes = Buffer.allocUnsafe(Math.max(0, endByte - startByte));
  const handle = await open(file).catch((error: unknown) => cannotRead(name, error));
  try {
    for (let length = 0; length < bytes.length;) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, startByte + length);
      if (bytesRead === 0) throw new UserError(`${name} became shorter while it was read. Run the command again.`);
      length += bytesRead;
    }
    return bytes;
  } catch (error) {
    return error instanceof UserError ? Promise.reject(error) : cannotRead(name, error);
  } finally {
    await handle.close();
  }
}

export function cannotRead(name: string, error: unknown): never {
  if (systemCode(error) === undefined) throw error;
  throw new UserError(`Cannot read ${name}: ${messageOf(error)}.`);
}
