/**
 * Reads a file of a folder and hashes it. A small file is read once, as a whole, and the bytes that were hashed are those that are uploaded. A larger one is
 * hashed while it streams by, and read again for the upload, which checks the digest (file-uploads.ts).
 */
import { createHash } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { identityOf } from '../../weights/digest-cache.js';
import { systemCode } from '../../errors.js';
import { reasonOf } from './folder-walk.js';

/** Photographs and sound clips are read once. Several such files are in memory at once (files-dataset.ts). */
export const WHOLE_BYTES = 8 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;

export interface HashedFile {
  readonly path: string;
  readonly bytes: number;
  readonly digest: string;
  /** It is another one when the file was changed. */
  readonly identity: string;
  /** The contents of a small file. */
  readonly contents?: Buffer;
}

/** This file cannot be read; the others can. `reason` completes a sentence that begins with the file's name. */
export class FileFault extends Error {
  override readonly name = 'FileFault';
}

/** The file was written to while it was read. */
export class FileChanged extends FileFault {}

export const changedFault = (): FileChanged => new FileChanged('changed while it was read');

export async function readFile(
  path: string,
  signal: AbortSignal,
): Promise<HashedFile & { readonly stats: BigIntStats }> {
  const handle = await openFile(path);
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw new FileFault('is no longer a regular file');
    const identity = identityOf(stats);
    const size = Number(stats.size);
    const read =
      size <= WHOLE_BYTES ? await readWhole(handle, size) : { digest: await hashStream(handle, size, signal) };
    if (read === undefined || identityOf(await handle.stat({ bigint: true })) !== identity) throw changedFault();
    return { path, bytes: size, identity, stats, ...read };
  } catch (error) {
    signal.throwIfAborted();
    throw faultOf(error);
  } finally {
    await handle.close();
  }
}

/** Without O_NONBLOCK, opening a pipe that has taken the file's place would wait for its writer. */
export async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const isBroken = systemCode(error) === 'ENOENT' && (await lstat(path).catch(() => undefined))?.isSymbolicLink();
    throw isBroken ? new FileFault('is a link that leads nowhere') : faultOf(error);
  }
}

const FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'vanished after the folder was listed',
  ENOTDIR: 'vanished after the folder was listed',
  ELOOP: 'is a link that leads in a circle',
};

function faultOf(error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  return new FileFault(FAULTS[code] ?? `cannot be read: ${reasonOf(error)}`);
}

/** Undefined when the file has another size than it had. */
async function readWhole(
  handle: FileHandle,
  size: number,
): Promise<{ readonly digest: string; readonly contents: Buffer } | undefined> {
  // One byte more shows a file that has grown.
  const buffer = Buffer.allocUnsafe(size + 1);
  let length = 0;
  while (length <= size) {
    const { bytesRead } = await handle.read(buffer, length, size + 1 - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  if (length !== size) return undefined;
  const contents = buffer.subarray(0, size);
  return { digest: createHash('sha256').update(contents).digest('hex'), contents };
}

async function hashStream(handle: FileHandle, size: number, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const stream = handle.createReadStream({ autoClose: false, start: 0, highWaterMark: READ_BYTES, signal });
  let read = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    read += chunk.length;
    // A file that grows faster than it is read would never end.
    if (read > size) throw changedFault();
    hash.update(chunk);
  }
  if (read !== size) throw changedFault();
  return hash.digest('hex');
}

/** The contents of a file that was hashed before. Throws `FileChanged` when its bytes are others now. */
export async function* contentsOf(file: HashedFile, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const handle = await openFile(file.path);
  try {
    const hash = createHash('sha256');
    let read = 0;
    const stream = handle.createReadStream({ autoClose: false, start: 0, highWaterMark: READ_BYTES, signal });
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      read += chunk.length;
      if (read > file.bytes) throw changedFault();
      hash.update(chunk);
      yield chunk;
    }
    if (read !== file.bytes || hash.digest('hex') !== file.digest) throw changedFault();
  } finally {
    await handle.close();
  }
}
