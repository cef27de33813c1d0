/** Gives a probe what `submit` would put into the bucket, under the same keys. Nothing is sent anywhere. */
import { createReadStream } from 'node:fs';
import { modelBundleKey, wheelKey } from '../../core/contract/keys.js';
import { ObjectMissing, ObjectRefused, type ObjectStore } from '../../core/contract/object-store.js';
import type { SourceObjects } from '../dataset/ports.js';
import { UserError } from '../errors.js';
import type { PackagedModel } from '../model/package-model.js';

type Streams = Pick<ObjectStore, 'stream'>;

export function shippedStore({ spec, file, packages }: PackagedModel): Streams {
  const files = new Map<string, (signal: AbortSignal) => Promise<string>>([
    [modelBundleKey(spec.digest), async () => file],
    ...(packages?.files ?? []).map(
      ({ wheel, fetch }) => [wheelKey(wheel.sha256, wheel.file), (signal: AbortSignal) => fetch(signal)] as const,
    ),
  ]);
  return {
    stream: async function* (key, { signal }) {
      const found = files.get(key);
      if (found === undefined) throw new ObjectMissing(key);
      yield* createReadStream(await found(signal), { signal }) as AsyncIterable<Buffer>;
    },
  };
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
