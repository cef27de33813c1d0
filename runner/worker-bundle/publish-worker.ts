/**
 * Uploads this version's worker bundle to the bucket and moves the pointer to it. Instances boot the bundle that the pointer names.
 *
 * Invariants:
 * - The pointer only moves forward (core/contract/worker-pointer.ts), also when several commands publish at the same time.
 * - A bundle exists before the pointer names it.
 */
import { workerBundleKey, workerPointerKey } from '../../core/contract/keys.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import {
  decidePointer,
  decodeWorkerPointer,
  encodeWorkerPointer,
  type WorkerPointer,
} from '../../core/contract/worker-pointer.js';
import type { WorkerBundle } from './worker-bundle.js';

/** The most commands that can publish at the same moment. A try fails when another command has just moved the pointer. */
const MAX_TRIES = 8;

/** The version that the pointer names afterwards, and whether this call has moved it. */
export interface PublishedWorker {
  readonly kind: 'published' | 'present' | 'newer';
  readonly version: string;
  readonly bytes: number;
}

export async function publishWorker(
  bundle: WorkerBundle,
  store: ObjectStore,
  { publishedAt, signal }: { readonly publishedAt: string; readonly signal: AbortSignal },
): Promise<PublishedWorker> {
  const { version, sha256, bytes } = bundle;
  const own: WorkerPointer = { version, sha256, publishedAt };
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    const stored = await store.get(workerPointerKey, { signal });
    const current = stored && decodeWorkerPointer(stored.body);
    const decision = decidePointer(current, own);
    if (decision === 'newer') return { kind: 'newer', version: current?.version ?? '', bytes: 0 };
    // The bundle is uploaded even if the pointer names it already, because somebody may have deleted it from the bucket.
    await uploadOnce(bundle, store, signal);
    if (decision === 'present') return { kind: 'present', version, bytes: bytes.length };
    const put = await store.put(workerPointerKey, encodeWorkerPointer(own), {
      signal,
      contentType: 'application/json',
      ...(stored === undefined ? { ifNoneMatch: true } : { ifMatch: stored.etag }),
    });
    if (put.kind === 'written') return { kind: 'published', version, bytes: bytes.length };
  }
  throw new Error(`Could not update ${workerPointerKey}: other commands changed it ${MAX_TRIES} times. Submit again.`);
}

async function uploadOnce({ sha256, bytes }: WorkerBundle, store: ObjectStore, signal: AbortSignal): Promise<void> {
  const key = workerBundleKey(sha256);
  if ((await store.head(key, { signal })) !== undefined) return;
  // If another command was faster, it has written the same bytes.
  await store.put(key, bytes, { signal, ifNoneMatch: true, contentType: 'application/gzip' });
}
