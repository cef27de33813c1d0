/**
 * What a batch leaves in the bucket: its outcome (R1), what was finished before it was handed back, and its attempts.
 *
 * Invariant: an outcome is written once, by whoever comes first, whole; its metadata names the lease, so that a put that was tried again by
 * the SDK knows its own first try.
 */
import { giveUpOutcome } from '../../core/give-up.js';
import { attemptKey, attemptPrefix, outcomeKey, partialKey, partialPrefix } from '../../core/keys.js';
import {
  decodeOutcomeMetadata,
  encodeOutcomeMetadata,
  type ItemError,
  type OutcomeMetadata,
} from '../../core/result-line.js';
import { SHORT_LIVED_TAG } from '../../core/tags.js';
import type { ComputedItem } from '../model/batch-computer.js';
import type { ObjectStore } from '../ports.js';
import type { HeldBatch } from './held-batch.js';

const JSON_LINES = 'application/x-ndjson';

export type CommitResult = 'committed' | 'duplicate';

export class BatchRecord {
  constructor(
    private readonly store: ObjectStore,
    private readonly instance: string,
  ) {}

  async hasOutcome(batch: HeldBatch, signal: AbortSignal): Promise<boolean> {
    return (await this.store.head(outcomeKey(batch.message.job, batch.message.batch), { signal })) !== undefined;
  }

  commit(batch: HeldBatch, signal: AbortSignal): Promise<CommitResult> {
    const items = batch.sortedResults();
    const ok = items.filter((item) => item.ok).length;
    const counts = { ok, failed: items.length - ok, givenUp: false };
    return this.writeOutcome(batch, linesOf(items), counts, signal);
  }

  giveUp(batch: HeldBatch, attempts: number, last: ItemError, signal: AbortSignal): Promise<CommitResult> {
    const counts = { ok: 0, failed: batch.message.items, givenUp: true };
    return this.writeOutcome(batch, giveUpOutcome(batch.message, attempts, last), counts, signal);
  }

  /** Items that earlier leases finished: the union of their partials. */
  async readPartials(batch: HeldBatch, signal: AbortSignal): Promise<readonly ComputedItem[]> {
    const { job, batch: number } = batch.message;
    const items: ComputedItem[] = [];
    for await (const { key } of this.store.list(partialPrefix(job, number), { signal })) {
      const stored = await this.store.get(key, { signal });
      for (const line of Buffer.from(stored?.body ?? [])
        .toString()
        .split('\n')) {
        const item = decodeLine(line);
        if (item !== undefined && isOf(batch, item.index)) items.push(item);
      }
    }
    return items;
  }

  /** Saves what this lease has finished; how many items that are. */
  async savePartial(batch: HeldBatch, signal: AbortSignal): Promise<number> {
    const items = batch.freshResults();
    if (items.length === 0) return 0;
    const { job, batch: number } = batch.message;
    const key = partialKey(job, number, batch.lease.id);
    await this.store.put(key, linesOf(items), { signal, contentType: JSON_LINES, tag: SHORT_LIVED_TAG });
    return items.length;
  }

  /** How many attempts there are now, this one included. */
  async recordAttempt(batch: HeldBatch, error: ItemError, at: string, signal: AbortSignal): Promise<number> {
    const { job, batch: number } = batch.message;
    const body = JSON.stringify({ at, instance: this.instance, error });
    await this.store.put(attemptKey(job, number, batch.lease.id), body, { signal, contentType: 'application/json' });
    let attempts = 0;
    for await (const _ of this.store.list(attemptPrefix(job, number), { signal })) attempts += 1;
    return attempts;
  }

  private async writeOutcome(
    batch: HeldBatch,
    body: Uint8Array | string,
    counts: Pick<OutcomeMetadata, 'ok' | 'failed' | 'givenUp'>,
    signal: AbortSignal,
  ): Promise<CommitResult> {
    const key = outcomeKey(batch.message.job, batch.message.batch);
    const metadata = encodeOutcomeMetadata({ lease: batch.lease.id, instance: this.instance, ...counts });
    const result = await this.store.put(key, body, { signal, ifNoneMatch: true, contentType: JSON_LINES, metadata });
    if (result.kind === 'written') return 'committed';
    const head = await this.store.head(key, { signal });
    return head && decodeOutcomeMetadata(head.metadata).lease === batch.lease.id ? 'committed' : 'duplicate';
  }
}

/** By pieces, because the whole may be longer than a string can be. */
const linesOf = (items: readonly ComputedItem[]): Uint8Array =>
  Buffer.concat(items.map((item) => Buffer.from(item.line)));

function isOf(batch: HeldBatch, index: number): boolean {
  return index >= batch.message.firstIndex && index < batch.message.firstIndex + batch.message.items;
}

/** The form that `encodeResultLine` gives; the output itself is not parsed. */
function decodeLine(line: string): ComputedItem | undefined {
  const match = /^\{"index":(\d+),"ok":(true|false),/.exec(line);
  if (match === null) return undefined;
  return { index: Number(match[1]), ok: match[2] === 'true', line: `${line}\n` };
}
