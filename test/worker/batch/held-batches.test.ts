import { describe, expect, it } from 'vitest';
import { HeldBatch } from '../../../worker/batch/held-batch.js';
import { HeldBatches } from '../../../worker/batch/held-batches.js';

const NOW_MS = 100_000;
const AT = { nowMs: NOW_MS, queueWasEmpty: true };

function waiting(batch: number, heldForMs: number, receiveCount = 1): HeldBatch {
  const message = {
    job: `job-${batch % 2}`,
    manifestDigest: '',
    batch,
    key: '',
    startByte: 0,
    endByte: 1,
    firstIndex: batch,
    items: 1,
  };
  const lease = { id: String(batch), receiptHandle: '', receivedAtMs: NOW_MS - heldForMs };
  const made = new HeldBatch(message, lease, receiveCount);
  made.enter('waiting');
  return made;
}

function holding(...batches: HeldBatch[]): { readonly held: HeldBatches; readonly causes: () => unknown[] } {
  const held = new HeldBatches();
  for (const batch of batches) held.add(batch);
  return { held, causes: () => batches.map(({ stopCause }) => stopCause) };
}

describe('the batches that a worker holds', () => {
  it('are handed back newest first, and only once they have waited for a while', () => {
    const { held, causes } = holding(waiting(0, 6_000), waiting(1, 0));
    held.stopSurplus(1, AT);
    expect(causes()).toEqual([undefined, undefined]);
    held.stopSurplus(2, AT);
    expect(causes()).toEqual(['waiting', undefined]);
  });

  it('are kept when they were received too often already', () => {
    const { held, causes } = holding(waiting(0, 6_000, 9), waiting(1, 6_000, 8));
    held.stopSurplus(2, AT);
    expect(causes()).toEqual([undefined, 'waiting']);
  });

  it('are stopped by their job or by their lease', () => {
    const [first, second, third] = [waiting(0, 0), waiting(1, 0), waiting(2, 0)];
    const { held, causes } = holding(first, second, third);
    expect([...held.jobs]).toEqual(['job-0', 'job-1']);
    held.stopJob('job-0', 'cancelled');
    held.stopLease(second.lease, 'lost');
    expect(causes()).toEqual(['cancelled', 'lost', 'cancelled']);
  });

  it('are named in the status by their ranges once they are held for a minute, so that short ones never change it', () => {
    const { held } = holding(waiting(0, 59_999), waiting(2, 60_000), waiting(4, 70_000), waiting(6, 80_000));
    expect(held.status(NOW_MS)).toEqual([{ job: 'job-0', batches: '2,4,6' }]);
    expect(held.status(NOW_MS - 60_000)).toBeUndefined();
  });

  it('leave the longest time to an outcome in the status, in whole minutes, when it is long', () => {
    const [short, long, handedBack] = [waiting(0, 99_000), waiting(2, 130_000), waiting(4, 500_000)];
    const { held } = holding(short, long, handedBack);
    short.enter('committing');
    long.enter('committing');
    for (const batch of [short, long, handedBack]) held.end(batch, NOW_MS);
    expect(held.status(NOW_MS)).toEqual([{ job: 'job-0', batches: '', longestMs: 180_000 }]);
    expect([held.size, long.phase]).toEqual([0, 'gone']);
  });
});
