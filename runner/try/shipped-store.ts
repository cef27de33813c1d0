/** Gives a probe what `submit` would put into the bucket, under the same keys. Nothing is sent anywhere. */
import { createReadStream } from 'node:fs';
import { modelBundleKey, weightsFileKey, weightsListKey, wheelKey } from '../../core/contract/keys.js';
import { ObjectMissing, ObjectRefused, type ObjectStore, type ReadOptions } from '../../core/contract/object-store.js';
import type { SourceObjects } from '../dataset/ports.js';
import { UserError } from '../errors.js';
import type { PackagedModel } from '../model/package-model.js';
import type { Weights } from '../weights/weights.js';

type Streams = Pick<ObjectStore, 'stream'>;

type Find = (signal: AbortSignal) => Promise<string>;

/** Wheels are read from the cache of downloads, and downloaded if they are not there, as for a submission. */
export function shippedStore({ spec, file, packages }: PackagedModel, weights?: Weights): Streams {
  const files = new Map<string, Find>([[modelBundleKey(spec.digest), () => Promise.resolve(file)]]);
  for (const { wheel, fetch } of packages?.files ?? []) files.set(wheelKey(wheel.sha256, wheel.file), fetch);
  for (const [sha256, place] of weights?.places ?? []) files.set(weightsFileKey(sha256), () => Promise.resolve(place));
  const list = weights && { key: weightsListKey(weights.spec.digest), body: Buffer.from(weights.list) };
  return { stream: (key, part) => (key === list?.key ? cut(list.body, part) : read(key, files.get(key), part)) };
}

async function* read(key: string, find: Find | undefined, { signal, range }: ReadOptions): AsyncGenerator<Uint8Array> {
  if (find === undefined) throw new ObjectMissing(key);
  const part = range === undefined ? {} : { start: range.startByte, end: range.endByte - 1 };
  yield* createReadStream(await find(signal), { ...part, signal }) as AsyncIterable<Buffer>;
}

async function* cut(body: Buffer, { range }: ReadOptions): AsyncGenerator<Uint8Array> {
  yield range === undefined ? body : body.subarray(range.startByte, range.endByte);
}

/** Lets a probe fetch the objects of a dataset or of weights in S3. */
export const objectsOf =
  (sources: SourceObjects) =>
  (bucket: string): Streams => ({
    stream: (key, { signal, ...part }) => refusing(sources.stream(bucket, key, signal, part)),
  });

/** A fault that a user can repair is no reason for a retry. */
async function* refusing(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    throw error instanceof UserError ? new ObjectRefused(error.message) : error;
  }
}
