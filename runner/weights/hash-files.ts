/** Hashes files, with a memory of the digests of large ones (digest-cache.ts). */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { messageOf, UserError } from '../errors.js';
import { DigestCache, identityOf } from './digest-cache.js';
import type { HashedFile, LocalFile, WeightsHooks } from './weights-files.js';

const READ_BYTES = 4 * 1024 * 1024;

export async function hashFiles(
  files: readonly LocalFile[],
  cacheFile: string | undefined,
  { signal, onProgress }: WeightsHooks,
): Promise<readonly HashedFile[]> {
  const cache = await DigestCache.read(cacheFile);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  const count = (bytes: number): void => {
    done += bytes;
    onProgress({ doing: 'hashing', bytes: done, total });
  };
  const hashed: HashedFile[] = [];
  for (const file of files) hashed.push(await hashFile(file, cache, count, signal));
  await cache.save();
  return hashed;
}

async function hashFile(
  local: LocalFile,
  cache: DigestCache,
  count: (bytes: number) => void,
  signal: AbortSignal,
): Promise<HashedFile> {
  const { file, bytes } = local;
  const handle = await open(file).catch((error: unknown) => {
    throw new UserError(`Cannot read the weights' file ${file}: ${messageOf(error)}.`);
  });
  try {
    const before = await handle.stat({ bigint: true });
    const identity = identityOf(before);
    const known = cache.digestOf(file, identity);
    if (known !== undefined) {
      count(bytes);
      return { ...local, sha256: known, identity };
    }
    const hash = createHash('sha256');
    const stream = handle.createReadStream({ autoClose: false, highWaterMark: READ_BYTES, signal });
    let read = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      hash.update(chunk);
      read += chunk.length;
      count(chunk.length);
    }
    if (read !== bytes || identityOf(await handle.stat({ bigint: true })) !== identity) throw changed(file);
    const sha256 = hash.digest('hex');
    cache.remember(file, before, sha256);
    return { ...local, sha256, identity };
  } finally {
    await handle.close();
  }
}

/** A file that changes meanwhile would give weights that never existed. */
export const changed = (file: string): UserError =>
  new UserError(`The weights' file ${file} changed while it was read. Submit again when no program writes to it.`);
