/** A job's outcomes in the order of batches, several read ahead, in bounded memory. */
import { batchOfOutcomeKey, resultsPrefix } from '../../core/contract/keys.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import { decodeOutcomeMetadata, type OutcomeMetadata } from '../../core/contract/result-line.js';

export interface Outcome {
  readonly batch: number;
  /** It does not stay in memory: each read fetches it. */
  readonly large: boolean;
  /** The counts that all totals of the job are made of; undefined when they cannot be believed. */
  readonly counts: Pick<OutcomeMetadata, 'ok' | 'failed'> | undefined;
  /** Its bytes, from the beginning each time. */
  readonly read: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Hides the latency of some 30 ms a request at 500 requests a second. */
const OUTCOMES_AHEAD = 16;
/** Held in memory at once, at most one outcome's bytes more. */
const BYTES_AHEAD = 64 * 1024 * 1024;
/** A larger outcome is streamed when its turn comes. */
const LARGE_BYTES = 16 * 1024 * 1024;

interface Ahead {
  readonly bytes: number;
  readonly outcome: Promise<Outcome>;
}

export async function* outcomesInOrder(
  store: ObjectStore,
  job: string,
  outerSignal: AbortSignal,
): AsyncGenerator<Outcome> {
  // Whoever stops listening early lets go of what is being read ahead.
  const stopped = new AbortController();
  const signal = AbortSignal.any([outerSignal, stopped.signal]);
  const listed = store.list(resultsPrefix(job), { signal })[Symbol.asyncIterator]();
  const ahead: Ahead[] = [];
  let bytesAhead = 0;
  let more = true;
  try {
    for (;;) {
      while (more && ahead.length < OUTCOMES_AHEAD && bytesAhead < BYTES_AHEAD) {
        const next = await listed.next();
        if (next.done === true) {
          more = false;
          break;
        }
        const { key, size } = next.value;
        const batch = batchOfOutcomeKey(key);
        if (batch === undefined) continue;
        const large = size > LARGE_BYTES;
        const outcome = (large ? streamed : fetched)(store, key, batch, signal);
        outcome.catch(() => undefined); // thrown when its turn comes
        const bytes = large ? 0 : size;
        ahead.push({ bytes, outcome });
        bytesAhead += bytes;
      }
      const first = ahead.shift();
      if (first === undefined) return;
      yield await first.outcome;
      bytesAhead -= first.bytes;
    }
  } finally {
    stopped.abort(new Error('no more outcomes are wanted'));
    await listed.return?.();
  }
}

async function fetched(store: ObjectStore, key: string, batch: number, signal: AbortSignal): Promise<Outcome> {
  const object = await store.get(key, { signal });
  if (object === undefined) throw removed(key);
  return { batch, large: false, counts: decodeOutcomeMetadata(object.metadata), read: () => [object.body] };
}

async function streamed(store: ObjectStore, key: string, batch: number, signal: AbortSignal): Promise<Outcome> {
  const head = await store.head(key, { signal });
  if (head === undefined) throw removed(key);
  const counts = decodeOutcomeMetadata(head.metadata);
  return { batch, large: true, counts, read: () => store.stream(key, { signal }) };
}

const removed = (key: string): Error => new Error(`The outcome ${key} was removed while the results were read.`);
