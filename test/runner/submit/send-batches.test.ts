import { expect, it } from 'vitest';
import { decodeBatchMessage } from '../../../core/contract/batch-message.js';
import { inSendingOrder } from '../../../core/dataset/sending-order.js';
import { sendBatches } from '../../../runner/submit/send-batches.js';
import { MemoryStore } from '../../support/memory-store.js';

const never = new AbortController().signal;
const plan = Array.from({ length: 300 }, (_, batch) => ({
  batch,
  key: 'part',
  startByte: batch,
  endByte: batch + 1,
  firstIndex: batch,
  items: 1,
}));

/** When several calls are open at once, the later ones arrive first. */
async function arrivals(from = 0): Promise<readonly number[]> {
  const arrived: number[] = [];
  let open: (() => void)[] = [];
  const queue = {
    send: (bodies: readonly string[]) =>
      new Promise<void>((resolve) => {
        open.push(() => {
          arrived.push(...bodies.map((body) => decodeBatchMessage(body)?.batch ?? -1));
          resolve();
        });
        setImmediate(() => {
          for (const arrive of open.toReversed()) arrive();
          open = [];
        });
      }),
    counts: async () => ({ visible: 0, inFlight: 0, delayed: 0 }),
  };
  const options = { job: 'j', manifestDigest: 'd', worker: undefined, from, signal: never, onSent: () => undefined };
  await sendBatches(plan, { store: new MemoryStore(), queue }, options);
  return arrived;
}

it('puts the sample into the queue before any other batch, even if calls overtake each other (R10)', async () => {
  const arrived = await arrivals();
  const sample = plan.map(({ batch }) => batch);
  expect(new Set(arrived.slice(0, 20))).toEqual(new Set(inSendingOrder(sample).slice(0, 20)));
  expect(new Set(arrived).size).toBe(plan.length);
});

it('continues in the same order after an interruption, also within the sample', async () => {
  const numbers = inSendingOrder(plan).map(({ batch }) => batch);
  for (const from of [7, 20, 100]) expect(new Set(await arrivals(from))).toEqual(new Set(numbers.slice(from)));
});
