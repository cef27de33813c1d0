/**
 * Reads and writes what a batch leaves in the bucket: its outcome (R1), items finished before a hand-back or spilled
 * from memory, and its attempts.
 *
 * Invariants:
 * - An outcome is written once, as a whole, by the first worker that puts it. Its metadata names the lease, so that a
 *   put that the SDK retried recognizes its own first try.
 * - Partials are in order of index. If they exceed the batch's share of the memory, only their indexes are read at
 *   first, and their lines once more for the outcome.
 */
import { giveUpOutcome } from '../../core/batch/give-up.js';
import {
  attemptKey,
  attemptPrefix,
  outcomeKey,
  partialKey,
  partialPrefix,
  spilledKey,
} from '../../core/contract/keys.js';
import { addToRanges, countOf, type Ranges } from '../../core/dataset/ranges.js';
import { ObjectMissing } from '../../core/contract/object-store.js';
import {
  decodeOutcomeMetadata,
  encodeOutcomeMetadata,
  type ItemError,
  type OutcomeMetadata,
} from '../../core/contract/result-line.js';
import { SHORT_LIVED_TAG } from '../../core/contract/tags.js';
import type { ComputedItem } from '../slot/slot.js';
import type { ObjectStore } from '../ports.js';
import type { HeldBatch } from './held-batch.js';
import type { MemoryLimits } from './memory-limits.js';
import { finishedLines, headOf, isWhole, splitLines } from './stored-lines.js';

const JSON_LINES = 'application/x-ndjson';
const PIECE_LENGTH = 1024 * 1024;
/** Indexes are added to the ranges in groups, because each addition copies the ranges. */
const INDEXES_AT_ONCE = 10_000;

export type CommitResult = 'committed' | 'duplicate';

export class BatchRecord {
  /** The numbers of the saves under way, by batch. */
  readonly #saving = new WeakMap<HeldBatch, Set<number>>();

  readonly #store: ObjectStore;
  readonly #instance: string;
  readonly #memory: MemoryLimits;

  constructor(store: ObjectStore, instance: string, memory: MemoryLimits) {
    this.#store = store;
    this.#instance = instance;
    this.#memory = memory;
  }

  async hasOutcome(batch: HeldBatch, signal: AbortSignal): Promise<boolean> {
    return (await this.#store.head(outcomeKey(batch.message.job, batch.message.batch), { signal })) !== undefined;
  }

  commit(batch: HeldBatch, signal: AbortSignal): Promise<CommitResult> {
    const counts = { ok: batch.okItems, failed: batch.failedItems, givenUp: false };
    const body = batch.runs.length === 0 ? linesOf(batch.sortedResults()) : finishedLines(batch, this.#store, signal);
    return this.#writeOutcome(batch, body, counts, signal);
  }

  giveUp(batch: HeldBatch, attempts: number, last: ItemError, signal: AbortSignal): Promise<CommitResult> {
    const counts = { ok: 0, failed: batch.message.items, givenUp: true };
    return this.#writeOutcome(batch, giveUpOutcome(batch.message, attempts, last), counts, signal);
  }

  /** Takes over what earlier leases finished: the union of their partials, in memory while there is room. */
  async resume(batch: HeldBatch, signal: AbortSignal): Promise<void> {
    const { job, batch: number } = batch.message;
    let room = this.#memory.resultBytes;
    const items: ComputedItem[] = [];
    const stored: string[] = [];
    for await (const { key, size } of this.#store.list(partialPrefix(job, number), { signal })) {
      room -= size;
      if (room < 0) stored.push(key);
      else {
        for await (const item of this.#readPartial(batch, key, signal)) {
          items.push({ index: item.index, ok: item.ok, line: item.line.toString() });
        }
      }
    }
    batch.resume(items);
    for (const key of stored) await this.#resumeStored(batch, key, signal);
  }

  /** Moves finished items of the batch from memory to the bucket. */
  async spill(batch: HeldBatch, signal: AbortSignal): Promise<void> {
    const { job, batch: number } = batch.message;
    const items = batch.sortedResults();
    const key = spilledKey(job, number, batch.lease.id, batch.runs.length);
    await this.#store.put(key, linesOf(items), { signal, contentType: JSON_LINES, tag: SHORT_LIVED_TAG });
    const indexes = items.map(({ index }) => index);
    const ok = items.filter((item) => item.ok).length;
    batch.spilled(items, { key, own: addToRanges([], indexes), items: items.length, ok });
  }

  /** Saves what this lease has finished. Returns how many of its items are in the bucket then. */
  async savePartial(batch: HeldBatch, signal: AbortSignal): Promise<number> {
    const underWay = this.#saving.get(batch) ?? new Set();
    this.#saving.set(batch, underWay);
    // Each save under way has a key of its own. So an earlier put that arrives late cannot replace a later, larger one,
    // and the last save waits for none.
    let number = 0;
    while (underWay.has(number)) number += 1;
    underWay.add(number);
    try {
      return await this.#putPartial(batch, number === 0 ? batch.lease.id : `${batch.lease.id}.again-${number}`, signal);
    } finally {
      underWay.delete(number);
    }
  }

  async #putPartial(batch: HeldBatch, name: string, signal: AbortSignal): Promise<number> {
    const items = batch.freshResults();
    // Items that are not in memory are in the bucket already.
    const savedItems = batch.freshItems;
    if (items.length === 0) return savedItems;
    const { job, batch: number } = batch.message;
    const key = partialKey(job, number, name);
    await this.#store.put(key, linesOf(items), { signal, contentType: JSON_LINES, tag: SHORT_LIVED_TAG });
    return savedItems;
  }

  /** Returns how many attempts there are now, including this one. */
  async recordAttempt(batch: HeldBatch, error: ItemError, at: string, signal: AbortSignal): Promise<number> {
    const { job, batch: number } = batch.message;
    const body = JSON.stringify({ at, instance: this.#instance, error });
    await this.#store.put(attemptKey(job, number, batch.lease.id), body, { signal, contentType: 'application/json' });
    let attempts = 0;
    for await (const _ of this.#store.list(attemptPrefix(job, number), { signal })) attempts += 1;
    return attempts;
  }

  /** Takes over a partial that has no room in memory: its new items are counted, and its lines stay in the bucket. */
  async #resumeStored(batch: HeldBatch, key: string, signal: AbortSignal): Promise<void> {
    let own: Ranges = [];
    let ok = 0;
    let indexes: number[] = [];
    for await (const item of this.#readPartial(batch, key, signal)) {
      if (batch.isDone(item.index)) continue;
      indexes.push(item.index);
      if (item.ok) ok += 1;
      if (indexes.length < INDEXES_AT_ONCE) continue;
      own = addToRanges(own, indexes);
      indexes = [];
    }
    own = addToRanges(own, indexes);
    if (own.length > 0) batch.resumeStored({ key, own, items: countOf(own), ok });
  }

  async *#readPartial(
    batch: HeldBatch,
    key: string,
    signal: AbortSignal,
  ): AsyncGenerator<{ readonly index: number; readonly ok: boolean; readonly line: Buffer }> {
    try {
      for await (const line of splitLines(this.#store.stream(key, { signal }))) {
        const head = headOf(line);
        if (head !== undefined && hasItem(batch, head.index) && isWhole(line)) yield { ...head, line };
      }
    } catch (error) {
      // Partials are short-lived. Items whose partial has expired are computed again.
      if (!(error instanceof ObjectMissing)) throw error;
    }
  }

  async #writeOutcome(
    batch: HeldBatch,
    body: Uint8Array | string | AsyncIterable<Uint8Array>,
    counts: Pick<OutcomeMetadata, 'ok' | 'failed' | 'givenUp'>,
    signal: AbortSignal,
  ): Promise<CommitResult> {
    const key = outcomeKey(batch.message.job, batch.message.batch);
    const metadata = encodeOutcomeMetadata({ lease: batch.lease.id, instance: this.#instance, ...counts });
    const how = { signal, ifNoneMatch: true, contentType: JSON_LINES, metadata };
    const result = await (isStream(body) ? this.#store.upload(key, body, how) : this.#store.put(key, body, how));
    if (result.kind === 'written') return 'committed';
    const head = await this.#store.head(key, { signal });
    return head && decodeOutcomeMetadata(head.metadata)?.lease === batch.lease.id ? 'committed' : 'duplicate';
  }
}

/** Encodes in pieces: a buffer for each line would be slow, and the whole may exceed the longest string. */
function linesOf(items: readonly ComputedItem[]): Uint8Array {
  const pieces: Buffer[] = [];
  let text = '';
  for (const { line } of items) {
    text += line;
    if (text.length < PIECE_LENGTH) continue;
    pieces.push(Buffer.from(text));
    text = '';
  }
  return Buffer.concat([...pieces, Buffer.from(text)]);
}

const isStream = (body: Uint8Array | string | AsyncIterable<Uint8Array>): body is AsyncIterable<Uint8Array> =>
  typeof body === 'object' && Symbol.asyncIterator in body;

function hasItem(batch: HeldBatch, index: number): boolean {
  return index >= batch.message.firstIndex && index < batch.message.firstIndex + batch.message.items;
}
