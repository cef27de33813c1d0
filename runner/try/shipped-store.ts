/** Gives a probe what `submit` would put into the bucket, under the same keys. Nothing is sent anywhere. */
import { createReadStream } from 'node:fs';
import { modelBundleKey, wheelKey } from '../../core/contract/keys.js';
import { ObjectMissing, ObjectRefused, type ObjectStore } from '../../core/contract/object-store.js';
import type { SourceObjects } from '../dataset/ports.js';
import { UserError } from '../errors.js';
import type { PackagedModel } from '../model/package-model.js';

type Streams = Pick<ObjectStore, 'stream'>;

type Find = (signal: AbortSignal) => Promise<string>;

/** Wheels are read from the cache of downloads, and downloaded if they are not there, as for a submission. */
export function shippedStore({ spec, file, packages }: PackagedModel): Streams {
  const files = new Map<string, Find>([[modelBundleKey(spec.digest), () => Promise.resolve(file)]]);
  for (const { wheel, fetch } of packages?.files ?? []) files.set(wheelKey(wheel.sha256, wheel.file), fetch);
  return { stream: (key, { signal }) => read(key, files.get(key), signal) };
}

async function* read(key: string, find: Find | undefined, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (find === undefined) throw new ObjectMissing(key);
  yield* createReadStream(await find(signal), { signal }) as AsyncIterable<Buffer>;
}

/** Lets a probe fetch the objects of a dataset in S3. */
export const objectsOf =
  (sources: SourceObjects) =>
  (bucket: string): Streams => ({
    stream: (key, { signal }) => refusing(sources.stream(bucket, key, signal)),
  });

/** What a user can repair is no reason for a retry. */
async function* refusing(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    throw error instanceof UserError ? new ObjectRefused(error.message) : error;
  }
}
