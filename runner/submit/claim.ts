/**
 * At most one submit is at work on a job. Whoever comes second waits until the first has sent everything, or has stopped, or has
 * fallen silent; then it goes on from there.
 *
 * Invariants:
 * - The claim is only ever replaced by a conditional write: of two that take over, one does.
 * - Nothing relies on it for safety: without it all that happens twice is work (every key of a job is written once).
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { enqueuedKey, submitClaimKey } from '../../core/contract/keys.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import {
  CLAIM_BEAT_MS,
  decodeSubmitClaim,
  encodeSubmitClaim,
  type SubmitClaim,
  TAKE_OVER_AFTER_MS,
} from '../../core/contract/submit-claim.js';
import type { Clock } from '../ports.js';

/** Another submit has taken over: it did not hear of this one for a while. */
export class ClaimLost extends Error {
  override readonly name = 'ClaimLost';
}

export interface ClaimMeans {
  readonly store: ObjectStore;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal: AbortSignal;
  /** For people. */
  readonly by: string;
  /** Another submit is at work; told once for each. */
  readonly onFollow: (holder: SubmitClaim) => void;
  readonly beatMs?: number;
}

const LOOK_EVERY_MS = 1_000;
/** Whoever wants to leave is not held up. */
const STOP_WITHIN_MS = 3_000;

/** Undefined when there is nothing left to claim: another submit has sent everything. */
export async function takeClaim(job: string, means: ClaimMeans): Promise<HeldClaim | undefined> {
  const { store, clock, signal } = means;
  const id = randomUUID();
  const key = submitClaimKey(job);
  const body = encodeSubmitClaim({ id, by: means.by, beat: 0, stopped: false });
  const held = (etag: string): HeldClaim => new HeldClaim(key, id, etag, means);
  let followed: string | undefined;
  for (;;) {
    if ((await store.head(enqueuedKey(job), { signal })) !== undefined) return undefined;
    const put = await store.put(key, body, { signal, ifNoneMatch: true, contentType: JSON_TYPE });
    if (put.kind === 'written') return held(put.etag);
    const found = await look(store, key, signal);
    if (found?.claim?.id === id) return held(found.etag); // our own write, whose answer was lost
    if (found !== undefined && isFree(found)) {
      const taken = await store.put(key, body, { signal, ifMatch: found.etag, contentType: JSON_TYPE });
      if (taken.kind === 'written') return held(taken.etag);
    } else if (found?.claim !== undefined && found.claim.id !== followed) {
      followed = found.claim.id;
      means.onFollow(found.claim);
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

/** In this order: a beat between the two makes it look alive, or changes the ETag; never the other way round. */
async function look(store: ObjectStore, key: string, signal: AbortSignal): Promise<FoundClaim | undefined> {
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
  readonly #means: ClaimMeans;

  constructor(key: string, id: string, etag: string, means: ClaimMeans) {
    this.#key = key;
    this.#id = id;
    this.#etag = etag;
    this.#means = means;
  }

  /** Beats while the work goes on. Work that fails, or is stopped, lets go of the claim; work that has sent everything needs none. */
  async during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const lost = new AbortController();
    const done = new AbortController();
    const beating = this.#keepBeating(lost, AbortSignal.any([done.signal, this.#means.signal]));
    try {
      return await work(AbortSignal.any([this.#means.signal, lost.signal]));
    } catch (error) {
      done.abort();
      await beating;
      if (lost.signal.aborted && !this.#means.signal.aborted) throw lost.signal.reason;
      await this.#write(true, AbortSignal.timeout(STOP_WITHIN_MS)).catch(() => undefined);
      throw error;
    } finally {
      done.abort();
      await beating;
    }
  }

  async #keepBeating(lost: AbortController, signal: AbortSignal): Promise<void> {
    const beatMs = this.#means.beatMs ?? CLAIM_BEAT_MS;
    while (!signal.aborted) {
      try {
        await delay(beatMs, undefined, { signal });
        if (await this.#write(false, signal)) continue;
        lost.abort(new ClaimLost('Another submit of the job has taken over.'));
        return;
      } catch {
        // A beat that failed is followed by another; until then the others see a silence.
      }
    }
  }

  /** False when it is another's. */
  async #write(stopped: boolean, signal: AbortSignal): Promise<boolean> {
    const { store, by } = this.#means;
    for (;;) {
      const body = encodeSubmitClaim({ id: this.#id, by, beat: ++this.#beat, stopped });
      const put = await store.put(this.#key, body, { signal, ifMatch: this.#etag, contentType: JSON_TYPE });
      if (put.kind === 'written') {
        this.#etag = put.etag;
        return true;
      }
      const stored = await store.get(this.#key, { signal });
      // A write of our own whose answer was lost, or that was given up and landed all the same.
      const isOurs = (stored && decodeSubmitClaim(stored.body))?.id === this.#id;
      if (stored === undefined || !isOurs) return false;
      this.#etag = stored.etag;
    }
  }
}
