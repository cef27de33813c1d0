/**
 * At most one submit works on a job at a time. A second submit waits until the first has sent everything, has stopped, or no longer
 * renews its claim. Then it takes over and continues from there.
 *
 * Invariants:
 * - The claim is replaced only by conditional writes, so that of two submits that try to take over, one succeeds.
 * - Safety does not depend on the claim. Without it only work would be done twice, because every key of a job is written once.
 */
import { randomUUID } from 'node:crypto';
import { enqueuedKey, submitClaimKey } from '../../core/contract/keys.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import {
  CLAIM_BEAT_MS,
  decodeSubmitClaim,
  encodeSubmitClaim,
  type SubmitClaim,
  TAKE_OVER_AFTER_MS,
} from '../../core/contract/submit-claim.js';
import { within } from '../../core/within.js';
import type { Clock } from '../ports.js';
import { joinSignals } from '../signals.js';

/** Another submit has taken over, because this one did not renew its claim for a while. */
export class ClaimLost extends Error {
  override readonly name = 'ClaimLost';
}

export interface ClaimOptions {
  readonly store: ObjectStore;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal: AbortSignal;
  /** The submitting user, for messages. */
  readonly by: string;
  /** It is called once for each other submit that holds the claim while this one waits. */
  readonly onFollow: (holder: SubmitClaim) => void;
  readonly beatMs?: number;
  /** Makes the claim's id; a random UUID when absent. */
  readonly newClaimId?: () => string;
}

/** How often a waiting submit looks whether it may begin. */
export const LOOK_EVERY_MS = 1_000;
/** The final write must not delay the end of the command for long. */
const STOP_WITHIN_MS = 3_000;

/** Waits for the claim and takes it. Resolves with undefined when another submit has sent everything, so that nothing is left to do. */
export async function takeClaim(job: string, options: ClaimOptions): Promise<HeldClaim | undefined> {
  const { store, clock, signal } = options;
  const id = (options.newClaimId ?? randomUUID)();
  const key = submitClaimKey(job);
  const body = encodeSubmitClaim({ id, by: options.by, beat: 0, stopped: false });
  const held = (etag: string): HeldClaim => new HeldClaim(key, id, etag, options);
  let followed: string | undefined;
  for (;;) {
    if ((await store.head(enqueuedKey(job), { signal })) !== undefined) return undefined;
    const put = await store.put(key, body, { signal, ifNoneMatch: true, contentType: JSON_TYPE });
    if (put.kind === 'written') return held(put.etag);
    const found = await readClaim(store, key, signal);
    if (found?.claim?.id === id) return held(found.etag); // our own write, whose reply was lost
    if (found !== undefined && isFree(found)) {
      const taken = await store.put(key, body, { signal, ifMatch: found.etag, contentType: JSON_TYPE });
      if (taken.kind === 'written') return held(taken.etag);
    } else if (found?.claim !== undefined && found.claim.id !== followed) {
      followed = found.claim.id;
      options.onFollow(found.claim);
    }
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}

const JSON_TYPE = 'application/json';

interface FoundClaim {
  readonly etag: string;
  readonly claim: SubmitClaim | undefined;
  readonly silentMs: number;
}

/**
 * Reads the claim first and its time second. A beat between the two makes the claim look alive or changes its ETag. In the other
 * order a claim that was just renewed could look silent.
 */
async function readClaim(store: ObjectStore, key: string, signal: AbortSignal): Promise<FoundClaim | undefined> {
  const stored = await store.get(key, { signal });
  if (stored === undefined) return undefined;
  const { objects, atMs } = await store.listFolder(key, { signal });
  const writtenAtMs = objects.find((object) => object.key === key)?.lastModifiedMs ?? atMs;
  const claim = decodeSubmitClaim(stored.body);
  return { etag: stored.etag, claim, silentMs: atMs - writtenAtMs };
}

const isFree = ({ claim, silentMs }: FoundClaim): boolean =>
  claim === undefined || claim.stopped || silentMs >= TAKE_OVER_AFTER_MS;

export class HeldClaim {
  #beat = 0;

  readonly #key: string;
  readonly #id: string;
  #etag: string;
  readonly #options: ClaimOptions;

  constructor(key: string, id: string, etag: string, options: ClaimOptions) {
    this.#key = key;
    this.#id = id;
    this.#etag = etag;
    this.#options = options;
  }

  /** Renews the claim while the work runs. Work that fails or is stopped releases it; after work that has sent everything nobody needs it. */
  async during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const lost = new AbortController();
    const done = new AbortController();
    const beating = this.#keepBeating(lost, joinSignals([done.signal, this.#options.signal]));
    try {
      return await work(joinSignals([this.#options.signal, lost.signal]));
    } catch (error) {
      done.abort();
      await beating;
      if (lost.signal.aborted && !this.#options.signal.aborted) throw lost.signal.reason;
      const { clock } = this.#options;
      await within(clock, STOP_WITHIN_MS, undefined, (signal) => this.#write(true, signal)).catch(() => undefined);
      throw error;
    } finally {
      done.abort();
      await beating;
    }
  }

  async #keepBeating(lost: AbortController, signal: AbortSignal): Promise<void> {
    const beatMs = this.#options.beatMs ?? CLAIM_BEAT_MS;
    while (!signal.aborted) {
      try {
        await this.#options.clock.sleep(beatMs, signal);
        if (await this.#write(false, signal)) continue;
        lost.abort(new ClaimLost('Another submit of the job has taken over.'));
        return;
      } catch {
        // The next beat tries again. Until then the claim is not renewed.
      }
    }
  }

  /** Resolves with false when another submit holds the claim. */
  async #write(stopped: boolean, signal: AbortSignal): Promise<boolean> {
    const { store, by } = this.#options;
    for (;;) {
      const body = encodeSubmitClaim({ id: this.#id, by, beat: ++this.#beat, stopped });
      const put = await store.put(this.#key, body, { signal, ifMatch: this.#etag, contentType: JSON_TYPE });
      if (put.kind === 'written') {
        this.#etag = put.etag;
        return true;
      }
      const stored = await store.get(this.#key, { signal });
      // It may be our own write: its reply was lost, or it was aborted but arrived.
      const isOurs = (stored && decodeSubmitClaim(stored.body))?.id === this.#id;
      if (stored === undefined || !isOurs) return false;
      this.#etag = stored.etag;
    }
  }
}
