/** Sends a job's messages and records their number in `sent.json`, from which an interrupted submission continues. */
import { type BatchLocation, encodeBatchMessage } from '../../core/contract/batch-message.js';
import { sentKey } from '../../core/contract/keys.js';
import { mapBounded } from '../../core/map-bounded.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import { encodeSent } from '../../core/dataset/plan.js';
import { inSendingOrder, SAMPLE_BATCHES } from '../../core/dataset/sending-order.js';
import type { JobQueue } from '../ports.js';

/** The limit of one SendMessageBatch call. */
const MESSAGES_PER_CALL = 10;
/** About 3,000 messages a second at usual latencies, far below the limits of SQS. */
const CALLS_AT_ONCE = 8;
/** After an interruption at most this many messages are sent twice. A duplicate costs a look-up (R1). */
const MESSAGES_PER_COUNT = 1_000;

export interface SendOptions {
  readonly job: string;
  readonly manifestDigest: string;
  /** The lowest worker version that may take the batches. Any version when undefined. */
  readonly worker: string | undefined;
  /** The number of batches already sent, in sending order. */
  readonly from: number;
  readonly signal: AbortSignal;
  readonly onSent: (sent: number) => void;
}

export async function sendBatches(
  plan: readonly BatchLocation[],
  ports: { readonly store: ObjectStore; readonly queue: JobQueue },
  { job, manifestDigest, worker, from, signal, onSent }: SendOptions,
): Promise<void> {
  const batches = inSendingOrder(plan);
  for (let start = from; start < batches.length; start += MESSAGES_PER_COUNT) {
    const bodies = batches
      .slice(start, start + MESSAGES_PER_COUNT)
      .map((location) => encodeBatchMessage({ ...location, job, manifestDigest, worker }));
    // The sample is sent before all other batches, because workers may be waiting already.
    const sample = bodies.slice(0, Math.max(0, SAMPLE_BATCHES - start));
    for (const part of [sample, bodies.slice(sample.length)]) {
      await mapBounded(inCalls(part), CALLS_AT_ONCE, (call) => ports.queue.send(call, job, signal));
    }
    const sent = start + bodies.length;
    await ports.store.put(sentKey(job), encodeSent(sent), { signal, contentType: 'application/json' });
    onSent(sent);
  }
}

function inCalls(bodies: readonly string[]): string[][] {
  const calls: string[][] = [];
  for (let at = 0; at < bodies.length; at += MESSAGES_PER_CALL) calls.push(bodies.slice(at, at + MESSAGES_PER_CALL));
  return calls;
}
