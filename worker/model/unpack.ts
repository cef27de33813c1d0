/**
 * Unpacks a model's bundle while it arrives. Its files belong to the worker's user, with the permissions of ordinary
 * programs. Another user may have packed it, and a set-user-id bit is never needed. Links that lead out of the directory
 * are refused (`strict`).
 *
 * Invariant: when the function has settled, nothing writes into the directory any more, so that it can be removed.
 */
import { once } from 'node:events';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type ReadEntry } from 'tar';
import { DiskTooSmall, gigabytes, isDiskFull } from './disk-space.js';

/** The permission bits without set-user-id, set-group-id and sticky. */
const PERMISSIONS = 0o777;
/** The largest environments of packages have a tenth of it. */
const MOST_ENTRIES = 1_000_000;

/** `mostBytes` bounds the unpacked files together, because a small archive may unpack to any size. */
export async function unpackBundle(
  archive: AsyncIterable<Uint8Array>,
  directory: string,
  { mostBytes, signal }: { readonly mostBytes: number; readonly signal: AbortSignal },
): Promise<void> {
  // Node's zlib inflates on threads of its own. The one of tar would block the worker's beats.
  const gunzip = createGunzip();
  const [extracted, fed] = await Promise.allSettled([
    extractInto(directory, mostBytes, gunzip),
    pipeline(archive, gunzip, { signal }),
  ]);
  if (extracted.status === 'rejected') throw extracted.reason;
  if (fed.status === 'rejected') throw fed.reason;
}

async function extractInto(directory: string, mostBytes: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  let failure: unknown;
  const fail = (error: unknown): void => {
    failure ??= error;
  };
  const bound = boundOf(mostBytes, fail);
  const unpacker = extract({
    cwd: directory,
    strict: true,
    // Otherwise, where the worker is root (on a laptop, in a container), files would belong to the user who packed
    // them.
    preserveOwner: false,
    filter: (_, entry) => {
      const { mode } = entry as ReadEntry;
      if (mode !== undefined) (entry as ReadEntry).mode = mode & PERMISSIONS;
      return bound(entry as ReadEntry);
    },
  });
  unpacker.on('error', fail);
  const finished = new Promise<void>((resolve) => unpacker.on('finish', () => resolve()));
  try {
    for await (const chunk of chunks) {
      if (failure !== undefined) break;
      if (!unpacker.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))) await once(unpacker, 'drain');
    }
  } catch (error) {
    fail(error);
  }
  // This ends the file that is being written, also when the archive broke off within it.
  unpacker.end();
  await finished;
  // Something else may have filled the disk meanwhile.
  if (isDiskFull(failure) && !(failure instanceof DiskTooSmall)) throw tooLarge(mostBytes);
  if (failure !== undefined) throw failure as Error;
}

const tooLarge = (mostBytes: number): DiskTooSmall =>
  new DiskTooSmall(`it unpacks to more than the ${gigabytes(mostBytes)} that the disk has room for`);

/** Returns a filter that lets nothing through once the bounds are passed. */
function boundOf(mostBytes: number, fail: (error: Error) => void): (entry: ReadEntry) => boolean {
  let [bytes, entries] = [0, 0];
  return ({ path: place, linkpath = '', size }) => {
    bytes += size;
    entries += 1;
    // Otherwise tar would make them relative, report an error and go on.
    if ([place, linkpath].some((name) => path.posix.isAbsolute(name))) {
      fail(new Error(`${place} leads out of its directory`));
      return false;
    }
    if (bytes > mostBytes) fail(tooLarge(mostBytes));
    else if (entries > MOST_ENTRIES) fail(new Error(`it holds more than ${MOST_ENTRIES} files`));
    else return true;
    return false;
  };
}
