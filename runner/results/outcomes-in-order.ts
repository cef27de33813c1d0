/** Reads a job's outcomes in the order of batches. It fetches several ahead, in bounded memory. */
import { batchOfOutcomeKey, resultsPrefix } from '../../core/contract/keys.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import { decodeOutcomeMetadata, type OutcomeMetadata } from '../../core/contract/result-line.js';
import { joinSignals } from '../signals.js';

export interface Outcome {
  readonly batch: number;
  readonly size: number;
  /** A large outcome is not kept in memory: each read fetches it again. */
  readonly large: boolean;
  /** The counts in the object's metadata, which all totals of the job add up. Undefined when the metadata is invalid. */
  readonly counts: Pick<OutcomeMetadata, 'ok' | 'failed'> | undefined;
  /** Reads the outcome's bytes from the beginning. */
  readonly read: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** At some 30 ms a request, so many hide the latency at 500 requests a second. */
const OUTCOMES_AHEAD = 16;
/** The bytes held in memory at once, by all readings together. One outcome of each may exceed its share. */
const BYTES_AHEAD = 64 * 1024 * 1024;
/** A larger outcome is streamed when it is needed. */
const LARGE_BYTES = 16 * 1024 * 1024;

interface Ahead {
  readonly bytes: number;
  readonly outcome: Promise<Outcome>;
}

/** `readings`: so many jobs are read at once, and share the memory. */
export async function* outcomesInOrder(
  store: ObjectStore,
  job: string,
  outerSignal: AbortSignal,
  readings = 1,
): AsyncGenerator<Outcome> {
  const mostBytes = BYTES_AHEAD / readings;
  const largeBytes = Math.min(LARGE_BYTES, mostBytes);
  // A consumer that stops early also aborts the requests that read ahead.
  const stopped = new AbortController();
  const signal = joinSignals([outerSignal, stopped.signal]);
  const listed = store.list(resultsPrefix(job), { signal })[Symbol.asyncIterator]();
  const ahead: Ahead[] = [];
  let bytesAhead = 0;
  let more = true;
  try {
    for (;;) {
      while (more && ahead.length < OUTCOMES_AHEAD && bytesAhead < mostBytes) {
        const next = await listed.next();
        if (next.done === true) {
          more = false;
          break;
        }
        const { key, size } = next.value;
        const batch = batchOfOutcomeKey(key);
        if (batch === undefined) continue;
        const large = size > largeBytes;
        const outcome = (large ? streamed : fetched)(store, { key, size, batch }, signal);
        outcome.catch(() => undefined); // the error is thrown below, when this outcome is next
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

interface Listed {
  readonly key: string;
  readonly size: number;
  readonly batch: number;
}

async function fetched(store: ObjectStore, { key, size, batch }: Listed, signal: AbortSignal): Promise<Outcome> {
  const object = await store.get(key, { signal });
  if (object === undefined) throw removed(key);
  return { batch, size, large: false, counts: decodeOutcomeMetadata(object.metadata), read: () => [object.body] };
}

async function streamed(store: ObjectStore, { key, size, batch }: Listed, signal: AbortSignal): Promise<Outcome> {
  const head = await store.head(key, { signal });
  if (head === undefined) throw removed(key);
  const counts = decodeOutcomeMetadata(head.metadata);
  return { batch, size, large: true, counts, read: () => store.stream(key, { signal }) };
}

const removed = (key: string): Error =>
  new Error(`The outcome ${key} was deleted while the results were read. Fetch the results again.`);
