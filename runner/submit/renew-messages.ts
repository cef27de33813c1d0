/**
 * Gives a queue that was made anew the batches that are left of unfinished jobs (R5). Whoever has just made the queue knows that it holds no message of
 * them, and need not wait until it has been empty for long. He knows, too, that no submit is at work that could renew its claim.
 */
import { enqueuedKey, submitClaimKey } from '../../core/contract/keys.js';
import { decodeSubmitClaim, encodeSubmitClaim } from '../../core/contract/submit-claim.js';
import { inSendingOrder } from '../../core/dataset/sending-order.js';
import { resendMissing } from '../controller/act/resend-batches.js';
import { newJobMemory } from '../controller/memory.js';
import { type JobView, listJobIds, readJob } from '../controller/observe/read-job.js';
import type { JobQueue, ObjectStore } from '../ports.js';

export interface RenewedJob {
  readonly job: string;
  /** The number of batches that were sent again. */
  readonly sent: number;
}

/** A job that fails is passed to `onTrouble`, and keeps no other from being sent. */
export async function renewMessages(
  ports: { readonly store: ObjectStore; readonly queue: JobQueue },
  { signal, onTrouble }: { readonly signal: AbortSignal; readonly onTrouble: (job: string, error: unknown) => void },
): Promise<readonly RenewedJob[]> {
  const renewed: RenewedJob[] = [];
  for (const job of await listJobIds(ports.store, signal)) {
    try {
      await freeClaim(ports.store, job, signal);
      const view = await readJob(ports.store, job, newJobMemory(), { save: false, signal });
      if (view?.verdict.state !== 'running' && view?.verdict.state !== 'submitting') continue;
      renewed.push({ job, sent: await resendMissing(ports, view, undefined, signal, sentBefore(view)) });
    } catch (error) {
      signal.throwIfAborted();
      onTrouble(job, error);
    }
  }
  return renewed;
}

/** A submit that broke off sends the batches that it had not sent yet when it is given again. */
function sentBefore({ manifest: { batches }, sent }: JobView): (batch: number) => boolean {
  if (sent >= batches) return () => true;
  const numbers = Array.from({ length: batches }, (_, batch) => batch);
  const before = new Set(inSendingOrder(numbers).slice(0, sent));
  return (batch) => before.has(batch);
}

async function freeClaim(store: ObjectStore, job: string, signal: AbortSignal): Promise<void> {
  const key = submitClaimKey(job);
  const stored = await store.get(key, { signal });
  const claim = stored && decodeSubmitClaim(stored.body);
  if (claim === undefined || claim.stopped || (await store.head(enqueuedKey(job), { signal })) !== undefined) return;
  const body = encodeSubmitClaim({ ...claim, stopped: true });
  await store.put(key, body, { signal, ifMatch: stored?.etag ?? '', contentType: 'application/json' });
}
