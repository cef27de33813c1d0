/**
 * Puts the worker of this installation into the bucket, from which instances boot, and moves the pointer to it.
 *
 * Invariants: the pointer only moves forward (core/contract/worker-pointer.ts), whoever publishes at the same time; a bundle is there before the pointer names it.
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

/** As many publish at the same moment at most; each loses to another one that has moved the pointer. */
const MAX_TRIES = 8;

/** What the pointer names afterwards, and whether this call did that. */
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
    // Also when the pointer names it: somebody may have tidied the bucket up.
    await uploadOnce(bundle, store, signal);
    if (decision === 'present') return { kind: 'present', version, bytes: bytes.length };
    const put = await store.put(workerPointerKey, encodeWorkerPointer(own), {
      signal,
      contentType: 'application/json',
      ...(stored === undefined ? { ifNoneMatch: true } : { ifMatch: stored.etag }),
    });
    if (put.kind === 'written') return { kind: 'published', version, bytes: bytes.length };
  }
  throw new Error(`${workerPointerKey} was changed by others ${MAX_TRIES} times over; submit again.`);
}

async function uploadOnce({ sha256, bytes }: WorkerBundle, store: ObjectStore, signal: AbortSignal): Promise<void> {
  const key = workerBundleKey(sha256);
  if ((await store.head(key, { signal })) !== undefined) return;
  // Whoever was faster has written the same bytes.
  await store.put(key, bytes, { signal, ifNoneMatch: true, contentType: 'application/gzip' });
}
