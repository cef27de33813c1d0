/** Puts the wheels of a model into the stack's bucket, by their digests, so that each is uploaded once. */
import { createReadStream } from 'node:fs';
import { wheelKey } from '../../core/contract/keys.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import type { Wheel } from '../../core/contract/python-environment.js';
import { mapBounded } from '../../core/map-bounded.js';
import type { PackageFile } from './python-packages.js';

const UPLOADS_AT_ONCE = 4;

export interface PutWheels {
  readonly uploaded: number;
  readonly uploadedBytes: number;
  /** The number of wheels that the bucket had already. */
  readonly present: number;
}

/** The fetched file has been checked by its digest. Losing a race to another upload of the same bytes is a success. */
export async function putWheels(
  files: readonly PackageFile[],
  store: ObjectStore,
  signal: AbortSignal,
): Promise<PutWheels> {
  const uploads = await mapBounded(files, UPLOADS_AT_ONCE, async ({ wheel, fetch }) => {
    if (await isStored(wheel, store, signal)) return 0;
    const body = createReadStream(await fetch(signal), { signal });
    try {
      const options = { signal, ifNoneMatch: true, contentType: 'application/zip' };
      await store.upload(wheelKey(wheel.sha256, wheel.file), body as AsyncIterable<Buffer>, options);
    } finally {
      body.destroy(); // a failed upload has not read it to its end
    }
    return wheel.bytes;
  });
  const sent = uploads.filter((size) => size > 0);
  return {
    uploaded: sent.length,
    uploadedBytes: sent.reduce((sum, size) => sum + size, 0),
    present: files.length - sent.length,
  };
}

export const isStored = async ({ sha256, file }: Wheel, store: ObjectStore, signal: AbortSignal): Promise<boolean> =>
  (await store.head(wheelKey(sha256, file), { signal })) !== undefined;
