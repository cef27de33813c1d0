/** A controller function's side of `fleet/controller.json` (core/contract/controller-mark.ts has the protocol and its invariants). */
import {
  type ControllerMark,
  decodeControllerMark,
  encodeControllerMark,
  MARK_FRESH_MS,
  MARK_RENEWED_AFTER_MS,
  MOST_CONTROLLER_MARK_BYTES,
} from '../../core/contract/controller-mark.js';
import { controllerMarkKey } from '../../core/contract/keys.js';
import type { PutResult } from '../../core/contract/object-store.js';
import type { Clock, ObjectStore } from '../ports.js';
import { JSON_TYPE, type Kind, readObject } from './json-objects.js';

const MARK: Kind<ControllerMark> = {
  name: 'the mark of the controller at work',
  mostBytes: MOST_CONTROLLER_MARK_BYTES,
  decode: decodeControllerMark,
};
/** Others write between a read and a write. After so many rounds the function works without the mark, which is always safe (R6). */
const MOST_ROUNDS = 5;

interface Seen {
  readonly etag: string;
  /** Undefined when the object is damaged. */
  readonly mark: ControllerMark | undefined;
  readonly heardAtMs: number;
  readonly isFresh: boolean;
}

export class HeldMark {
  /** The ETag of this function's mark; undefined while it does not hold it. */
  #etag: string | undefined;
  #beat = 0;
  #renewedMs = Number.NEGATIVE_INFINITY;
  #owesPass = false;

  readonly #store: ObjectStore;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #id: string;

  constructor({ store, clock }: { readonly store: ObjectStore; readonly clock: Pick<Clock, 'nowMs'> }, id: string) {
    this.#store = store;
    this.#clock = clock;
    this.#id = id;
  }

  /** Returns true when another function is at work, and will do a pass that begins after this call. Otherwise takes the mark if it can. */
  async leaveToOther(signal: AbortSignal): Promise<boolean> {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const seen = await this.#look(signal);
      if (seen?.mark === undefined || !seen.isFresh || seen.mark.id === this.#id) {
        if (await this.#take(seen, signal)) return false;
        continue;
      }
      if (seen.mark.again !== undefined) return true;
      const asked = { ...seen.mark, again: { heardAtMs: seen.heardAtMs } };
      if ((await this.#put(asked, { ifMatch: seen.etag }, signal)).kind === 'written') return true;
    }
    return false;
  }

  /** Shows that this function is at work. Takes the mark when nobody holds it. */
  async renew(signal: AbortSignal): Promise<void> {
    if (this.#clock.nowMs() - this.#renewedMs < MARK_RENEWED_AFTER_MS) return;
    if (this.#etag !== undefined) return this.#write(false, signal);
    const seen = await this.#look(signal);
    // The own mark is there when the reply of an earlier write was lost.
    if (seen?.isFresh === true && seen.mark?.id !== this.#id) return;
    // A look that was left to a holder that died is now left to this function, whose last pass may have begun before.
    if (await this.#take(seen, signal)) this.#owesPass ||= seen?.mark?.again !== undefined;
  }

  /** Frees the mark. Returns true when others left their looks to this function: then it owes one more pass. */
  async release(signal: AbortSignal): Promise<boolean> {
    if (this.#etag !== undefined) await this.#write(true, signal);
    this.#etag = undefined;
    return this.#owesPass;
  }

  async #take(seen: Seen | undefined, signal: AbortSignal): Promise<boolean> {
    const condition = seen === undefined ? ({ ifNoneMatch: true } as const) : { ifMatch: seen.etag };
    const put = await this.#put(this.#own(false), condition, signal);
    if (put.kind === 'written') this.#holds(put.etag);
    return put.kind === 'written';
  }

  async #write(free: boolean, signal: AbortSignal): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS && this.#etag !== undefined; round += 1) {
      const put = await this.#put(this.#own(free), { ifMatch: this.#etag }, signal);
      if (put.kind === 'written') {
        this.#holds(put.etag);
        return;
      }
      // The reply of an own write was lost, somebody has left a look, or another function has taken a mark that was no longer fresh.
      const read = await readObject(this.#store, controllerMarkKey, MARK, signal);
      const isOwn = read?.value?.id === this.#id;
      this.#owesPass ||= isOwn ? read.value?.again !== undefined : true;
      this.#etag = isOwn ? read.etag : undefined;
    }
  }

  #own(free: boolean): ControllerMark {
    this.#beat += 1;
    return { id: this.#id, beat: this.#beat, free };
  }

  #holds(etag: string): void {
    this.#etag = etag;
    this.#renewedMs = this.#clock.nowMs();
  }

  #put(
    mark: ControllerMark,
    condition: { readonly ifMatch: string } | { readonly ifNoneMatch: true },
    signal: AbortSignal,
  ): Promise<PutResult> {
    const body = encodeControllerMark(mark);
    return this.#store.put(controllerMarkKey, body, { signal, contentType: JSON_TYPE, ...condition });
  }

  /** Only a listing tells S3's time beside that of the last write. */
  async #look(signal: AbortSignal): Promise<Seen | undefined> {
    const { objects, atMs } = await this.#store.listFolder(controllerMarkKey, { signal });
    const listed = objects.find(({ key }) => key === controllerMarkKey);
    const read = await readObject(this.#store, controllerMarkKey, MARK, signal);
    if (read === undefined) return undefined;
    const { etag, value: mark } = read;
    // A mark that was written after the listing is as new as can be.
    const writtenAtMs = listed?.etag === etag ? listed.lastModifiedMs : atMs;
    const heardAtMs = mark?.again?.heardAtMs ?? writtenAtMs;
    return { etag, mark, heardAtMs, isFresh: mark?.free === false && atMs - heardAtMs < MARK_FRESH_MS };
  }
}
