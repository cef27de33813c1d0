/**
 * Caches what this worker knows about jobs: their manifests, and whether they are over.
 *
 * Invariants:
 * - A manifest is accepted only if the SHA-256 of its stored bytes is the one that the message names. It never changes,
 *   so it is read once.
 * - The end marks of a job (`cancelled.json`, `done.json`) are read at most every two seconds, however many batches
 *   ask.
 */
import { createHash } from 'node:crypto';
import type { BatchMessage } from '../../core/contract/batch-message.js';
import { decodeEndState, decodeManifest, type Manifest } from '../../core/contract/job.js';
import { cancelledKey, doneKey, manifestKey } from '../../core/contract/keys.js';
import type { Clock, ObjectStore } from '../ports.js';

export const MARKS_EVERY_MS = 2_000;
/** Manifests are small, and a worker meets few jobs at a time. */
const MAX_MANIFESTS = 64;

export type JobEnd = 'cancelled' | 'failed' | 'complete';

interface Marks {
  readonly readAtMs: number;
  readonly end: Promise<JobEnd | undefined>;
}

export class JobCache {
  readonly #manifests = new Map<string, Promise<Manifest | undefined>>();
  readonly #marks = new Map<string, Marks>();

  readonly #store: ObjectStore;
  readonly #clock: Clock;
  /** The worker's own signal, because batches share what is read here. */
  readonly #signal: AbortSignal;

  constructor(store: ObjectStore, clock: Clock, signal: AbortSignal) {
    this.#store = store;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Undefined when the stored manifest is not the one of the message, or there is none. */
  manifest(message: BatchMessage): Promise<Manifest | undefined> {
    const name = `${message.job}/${message.manifestDigest}`;
    const known = this.#manifests.get(name);
    if (known !== undefined) return known;
    const reading = this.#readManifest(message);
    this.#manifests.set(name, reading);
    if (this.#manifests.size > MAX_MANIFESTS) this.#manifests.delete(this.#manifests.keys().next().value ?? '');
    const forget = (): void => void this.#manifests.delete(name);
    reading.then((manifest) => manifest ?? forget(), forget);
    return reading;
  }

  /** Says how the job ended; undefined while it goes on. */
  end(job: string): Promise<JobEnd | undefined> {
    const nowMs = this.#clock.nowMs();
    const known = this.#marks.get(job);
    if (known !== undefined && nowMs - known.readAtMs < MARKS_EVERY_MS) return known.end;
    for (const [name, old] of this.#marks) if (nowMs - old.readAtMs >= MARKS_EVERY_MS) this.#marks.delete(name);
    const end = this.#readMarks(job);
    this.#marks.set(job, { readAtMs: nowMs, end });
    end.catch(() => this.#marks.delete(job));
    return end;
  }

  async #readManifest(message: BatchMessage): Promise<Manifest | undefined> {
    const stored = await this.#store.get(manifestKey(message.job), { signal: this.#signal });
    if (stored === undefined) return undefined;
    const digest = createHash('sha256').update(stored.body).digest('hex');
    if (digest !== message.manifestDigest) return undefined;
    return decodeManifest(stored.body, message.job);
  }

  async #readMarks(job: string): Promise<JobEnd | undefined> {
    const [cancelled, done] = await Promise.all([
      this.#store.head(cancelledKey(job), { signal: this.#signal }),
      this.#store.get(doneKey(job), { signal: this.#signal }),
    ]);
    if (cancelled !== undefined) return 'cancelled';
    return done && decodeEndState(done.body);
  }
}
