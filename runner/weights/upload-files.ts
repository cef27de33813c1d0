/**
 * Uploads files of weights, each once under its SHA-256.
 *
 * Invariant: an object appears only when all bytes that were sent have the digest of its key, because a multipart upload whose body fails creates nothing.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { weightsFileKey } from '../../core/contract/keys.js';
import { mapBounded } from '../../core/map-bounded.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import { identityOf } from './digest-cache.js';
import { changed } from './hash-files.js';
import type { HashedFile, WeightsHooks } from './weights-files.js';
import { joinSignals } from '../signals.js';

/** Each upload sends three parts at once (aws/s3-object-store.ts). */
const FILES_AT_ONCE = 4;
const READ_BYTES = 1024 * 1024;

export async function uploadFiles(
  files: readonly HashedFile[],
  store: ObjectStore,
  { signal: given, onProgress }: WeightsHooks,
): Promise<void> {
  const distinct = [...new Map(files.map((file) => [file.sha256, file])).values()];
  const total = distinct.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  const count = (bytes: number): void => {
    done += bytes;
    onProgress({ doing: 'uploading', bytes: done, total });
  };
  const failing = new AbortController();
  const signal = joinSignals([given, failing.signal]);
  const uploads: Promise<void>[] = [];
  try {
    await mapBounded(distinct, FILES_AT_ONCE, (file) => {
      const uploaded = uploadFile(file, store, signal, count);
      uploads.push(uploaded);
      return uploaded;
    });
  } catch (error) {
    // The others stop and remove their parts before the command ends.
    failing.abort(error);
    await Promise.allSettled(uploads);
    throw error;
  }
}

async function uploadFile(
  file: HashedFile,
  store: ObjectStore,
  signal: AbortSignal,
  count: (bytes: number) => void,
): Promise<void> {
  const key = weightsFileKey(file.sha256);
  if ((await store.head(key, { signal }))?.size === file.bytes) return count(file.bytes);
  const options = { signal, ifNoneMatch: true, contentType: 'application/octet-stream', bytes: file.bytes };
  await store.upload(key, contentOf(file, count, signal), options);
}

async function* contentOf(
  { file, bytes, sha256, identity }: HashedFile,
  count: (bytes: number) => void,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let read = 0;
  if (identityOf(await stat(file, { bigint: true })) !== identity) throw changed(file);
  for await (const chunk of createReadStream(file, { signal, highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>) {
    read += chunk.length;
    if (read > bytes) throw changed(file);
    hash.update(chunk);
    yield chunk;
    count(chunk.length);
  }
  if (hash.digest('hex') !== sha256) throw changed(file);
}
