/**
 * Fetches a model's bundle and unpacks it while it arrives, so that the disk never holds it twice.
 *
 * Invariants:
 * - The directory appears complete, by a rename, and only when the digest of all that arrived is the expected one.
 * - Whatever happens, nothing else is left behind.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import type { ObjectStore } from '../../core/contract/object-store.js';
import type { Clock } from '../ports.js';
import { retry } from '../retry.js';
import { type FreeBytes, isDiskFull, roomIn } from './disk-space.js';
import { FETCH_PAUSES } from './step.js';
import { unpackBundle } from './unpack.js';

export interface FetchBundleOptions {
  readonly store: Pick<ObjectStore, 'stream'>;
  readonly key: string;
  /** The SHA-256 (hex) of the bundle. */
  readonly digest: string;
  readonly directory: string;
  readonly clock: Clock;
  readonly onTrouble: (error: unknown, pauseMs: number) => void;
  readonly signal: AbortSignal;
  readonly freeBytes?: FreeBytes;
}

/** Returns the size of the bundle. Rejects with the reason why the bundle cannot be used; an outage is waited for. */
export async function fetchBundle(options: FetchBundleOptions): Promise<{ readonly bytes: number }> {
  const { directory, clock, signal, onTrouble } = options;
  const temporary = `${directory}.${randomUUID()}`;
  try {
    const fetched = await retry(() => unpackOnce(temporary, options), { ...FETCH_PAUSES, clock, signal, onTrouble });
    signal.throwIfAborted();
    if (fetched.digest !== options.digest) {
      throw new Error(`its SHA-256 is ${fetched.digest}, so it was damaged or replaced`);
    }
    if (fetched.failure !== undefined) throw fetched.failure;
    await rm(directory, { recursive: true, force: true });
    await rename(temporary, directory);
    return { bytes: fetched.bytes };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

interface Fetched {
  readonly digest: string;
  readonly bytes: number;
  /** The bundle arrived, but could not be unpacked. Another try would fail the same way. */
  readonly failure?: Error;
}

/** Throws only errors of the store, which may pass, and a full disk, which `retry` does not wait for. */
async function unpackOnce(directory: string, options: FetchBundleOptions): Promise<Fetched> {
  const { store, key, freeBytes, signal } = options;
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const mostBytes = await roomIn(directory, freeBytes);
  const bundle = new Arriving(store.stream(key, { signal }));
  try {
    await unpackBundle(bundle.chunks(), directory, { mostBytes, signal });
    return bundle.summary();
  } catch (error) {
    signal.throwIfAborted();
    if (bundle.failure !== undefined) throw bundle.failure;
    if (isDiskFull(error)) throw error;
    // A bundle that was damaged or replaced cannot be unpacked either. Then its digest is the better reason.
    const whole = new Arriving(store.stream(key, { signal }));
    for await (const _ of whole.chunks());
    return { ...whole.summary(), failure: error as Error };
  }
}

/** Passes a body on, and knows its digest and its size. It tells errors of the body from those of whoever reads it. */
class Arriving {
  failure: Error | undefined;
  readonly #hash = createHash('sha256');
  #bytes = 0;
  readonly #body: AsyncIterable<Uint8Array>;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#body = body;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    const body = this.#body[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await body.next().catch((error: unknown) => {
          this.failure = error as Error;
          throw error;
        });
        if (next.done === true) return;
        this.#hash.update(next.value);
        this.#bytes += next.value.length;
        yield next.value;
      }
    } finally {
      await body.return?.();
    }
  }

  summary(): Fetched {
    return { digest: this.#hash.digest('hex'), bytes: this.#bytes };
  }
}
