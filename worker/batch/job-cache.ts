/**
 * Caches what this worker knows about jobs: their manifests, and whether they are over.
 *
 * Invariants:
 * - A manifest is accepted only if the SHA-256 of its stored bytes is the one that the message names. It never changes,
 *   so it is read once.
 * - The ends of a job are read at most every two seconds, and every ten in a large pool, however many batches ask. A batch
 *   that was sent again needs a reading that is newer than its receive: a job that was resumed just now must lose none of
 *   its messages. While one reading of a job is under way, no other one begins, however slow S3 is.
 * - A job of an older version has marks of its own for its end (`cancelled.json`, `done.json`). They count until the job
 *   is resumed.
 */
import { createHash } from 'node:crypto';
import type { BatchMessage } from '../../core/contract/batch-message.js';
import { decodeEnds, endOf, type EndState, resumeOf } from '../../core/contract/ends.js';
import { decodeEndState, decodeManifest, type Manifest } from '../../core/contract/job.js';
import { cancelledKey, doneKey, endsKey, manifestKey } from '../../core/contract/keys.js';
import { compareVersions } from '../../core/contract/version.js';
import { endsEveryMs } from '../../core/pool/request-intervals.js';
import { PoolSize, type PoolSizeOptions } from '../pool-size.js';
import type { Clock, ObjectStore } from '../ports.js';

/** The time between two looks at jobs. What S3 has said just now is not asked again. */
export const JOBS_EVERY_MS = 2_000;
/** Manifests are small, and a worker meets few jobs at a time. */
const MAX_MANIFESTS = 64;

/** Jobs that ask for this version of the worker or a newer one have no marks of older versions. */
const NO_MARKS_SINCE = '0.4.0';

export interface JobStanding {
  /** Undefined while the job goes on. */
  readonly end: EndState | undefined;
  readonly isResumed: boolean;
  /** When the reading began: what was received later may be of a resumed job. */
  readonly readAtMs: number;
}

interface Reading {
  readonly readAtMs: number;
  readonly standing: Promise<JobStanding>;
  /** True until S3 has answered. */
  isUnderWay: boolean;
}

export interface JobCacheOptions extends PoolSizeOptions {
  readonly store: ObjectStore;
  /** The worker's own signal, because batches share what is read here. */
  readonly signal: AbortSignal;
}

export class JobCache {
  readonly #manifests = new Map<string, Promise<Manifest | undefined>>();
  readonly #readings = new Map<string, Reading>();
  readonly #withoutMarks = new Set<string>();

  readonly #store: ObjectStore;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #pool: PoolSize;

  constructor(options: JobCacheOptions) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#signal = options.signal;
    this.#pool = new PoolSize(options);
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
  async end(job: string): Promise<EndState | undefined> {
    return (await this.standing(job)).end;
  }

  /** The reading began at `sinceMs` or later. */
  standing(job: string, sinceMs = -Infinity): Promise<JobStanding> {
    const nowMs = this.#clock.nowMs();
    const known = this.#readings.get(job);
    const everyMs = endsEveryMs(this.#pool.instances(this.#signal));
    // After the clock was set back, a reading of before would seem new for as long as the clock was set back.
    const isFresh = ({ readAtMs }: Reading): boolean => nowMs >= readAtMs && nowMs - readAtMs < everyMs;
    if (known !== undefined && (known.isUnderWay || isFresh(known)) && known.readAtMs >= sinceMs) return known.standing;
    if (known?.isUnderWay === true) {
      const next = (): Promise<JobStanding> => this.standing(job, sinceMs);
      return known.standing.then(next, next);
    }
    for (const [name, old] of this.#readings) if (!old.isUnderWay && !isFresh(old)) this.#readings.delete(name);
    return this.#begin(job, nowMs).standing;
  }

  #begin(job: string, nowMs: number): Reading {
    const reading: Reading = { readAtMs: nowMs, standing: this.#read(job, nowMs), isUnderWay: true };
    this.#readings.set(job, reading);
    reading.standing.then(
      () => (reading.isUnderWay = false),
      () => {
        reading.isUnderWay = false;
        if (this.#readings.get(job) === reading) this.#readings.delete(job);
      },
    );
    return reading;
  }

  async #readManifest(message: BatchMessage): Promise<Manifest | undefined> {
    const stored = await this.#store.get(manifestKey(message.job), { signal: this.#signal });
    if (stored === undefined) return undefined;
    const digest = createHash('sha256').update(stored.body).digest('hex');
    if (digest !== message.manifestDigest) return undefined;
    const manifest = decodeManifest(stored.body, message.job);
    if (compareVersions(manifest?.versions.worker ?? '', NO_MARKS_SINCE) >= 0) this.#withoutMarks.add(message.job);
    return manifest;
  }

  async #read(job: string, readAtMs: number): Promise<JobStanding> {
    const stored = await this.#store.get(endsKey(job), { signal: this.#signal });
    const ends = stored && decodeEnds(stored.body);
    if (ends !== undefined) return { end: endOf(ends)?.state, isResumed: resumeOf(ends) !== undefined, readAtMs };
    const end = this.#withoutMarks.has(job) ? undefined : await this.#readMarks(job);
    return { end, isResumed: false, readAtMs };
  }

  async #readMarks(job: string): Promise<EndState | undefined> {
    const [cancelled, done] = await Promise.all([
      this.#store.head(cancelledKey(job), { signal: this.#signal }),
      this.#store.get(doneKey(job), { signal: this.#signal }),
    ]);
    if (cancelled !== undefined) return 'cancelled';
    return done && decodeEndState(done.body);
  }
}
