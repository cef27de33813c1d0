import { beforeEach, describe, expect, it } from 'vitest';
import { partialKey } from '../../../core/contract/keys.js';
import { encodeOutputLine } from '../../../core/contract/result-line.js';
import { BatchRecord } from '../../../worker/batch/batch-record.js';
import { HeldBatch } from '../../../worker/batch/held-batch.js';
import { memoryLimitsFor } from '../../../worker/batch/memory-limits.js';
import { MemoryStore } from '../support/memory-store.js';

const never = new AbortController().signal;
const PARTIAL = partialKey('job', 0, 'lease');

describe('saving finished items', () => {
  let store: MemoryStore;
  let record: BatchRecord;
  let batch: HeldBatch;
  beforeEach(() => {
    store = new MemoryStore();
    record = new BatchRecord(store, 'i-0', memoryLimitsFor(1));
    const where = { key: 'k', startByte: 0, endByte: 1, firstIndex: 0, items: 10 };
    const message = { job: 'job', batch: 0, manifestDigest: 'd', ...where };
    batch = new HeldBatch(message, { id: 'lease', receiptHandle: 'r', receivedAtMs: 0 }, 1);
  });
  const finish = (...indexes: readonly number[]): void =>
    batch.addResults(indexes.map((index) => ({ index, ok: true, line: encodeOutputLine(index, '1') })));
  const savedItems = (): number => store.text(PARTIAL).trimEnd().split('\n').length;

  it('waits for no earlier save, and keeps the latest even if the earlier one arrives last', async () => {
    let release = (): void => undefined;
    const slow = new Promise<void>((resolve) => (release = resolve));
    let puts = 0;
    store.before = (call) => (call === 'put' && (puts += 1) === 1 ? slow : undefined);
    finish(0, 1);
    const first = record.savePartial(batch, never);
    finish(2);
    expect(await record.savePartial(batch, never)).toBe(3);
    release();
    expect(await first).toBe(2);
    const next = new HeldBatch(batch.message, { ...batch.lease, id: 'next' }, 2);
    await record.resume(next, never);
    expect([puts, next.resumedItems]).toEqual([2, 3]);
    expect(await record.savePartial(batch, never)).toBe(3);
    expect(savedItems()).toBe(3);
  });

  it('goes on after a save that failed', async () => {
    finish(0);
    let faults = 1;
    store.fail = () => ((faults -= 1) === 0 ? new Error('503') : undefined);
    await expect(record.savePartial(batch, never)).rejects.toThrow('503');
    expect(await record.savePartial(batch, never)).toBe(1);
    expect(savedItems()).toBe(1);
  });

  it('takes the whole lines of a damaged partial as they are, and computes the rest again', async () => {
    const big = encodeOutputLine(1, '12345678901234567890');
    const cut = '{"index":2,"ok":true,"output":';
    const notUtf8 = Buffer.concat([
      Buffer.from('{"index":3,"ok":true,"output":"'),
      Buffer.from([0xff]),
      Buffer.from('"}\n'),
    ]);
    const lines = Buffer.from(`null\n${big}${cut}\n{"index":99,"ok":true,"output":1}\n`);
    await store.put(PARTIAL, Buffer.concat([lines, notUtf8]), { signal: never });
    await record.resume(batch, never);
    expect(batch.sortedResults().map(({ line }) => line)).toEqual([big]);
  });

  it('counts items that had no room in memory too', async () => {
    finish(0, 1, 2);
    await record.spill(batch, never);
    expect(await record.savePartial(batch, never)).toBe(3);
    expect(store.objects.has(PARTIAL)).toBe(false);
    finish(3);
    expect(await record.savePartial(batch, never)).toBe(4);
    expect(savedItems()).toBe(1);
  });
});
