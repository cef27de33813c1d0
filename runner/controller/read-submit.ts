/** How the submit of a job stands whose batches are not all sent: at work, or broken off. */
import { inputPrefix, submitClaimKey } from '../../core/keys.js';
import type { ObjectStore } from '../../core/object-store.js';
import { decodeSubmitClaim, submitStanding, type SubmitStanding } from '../../core/submit-claim.js';
import { getText } from './json-objects.js';

/** By S3's clock alone; `sinceMs` is when something else of the submit was written. Undefined when it has written nothing. */
export async function readSubmitStanding(
  store: ObjectStore,
  job: string,
  { sinceMs = 0, signal }: { readonly sinceMs?: number; readonly signal: AbortSignal },
): Promise<SubmitStanding | undefined> {
  // The claim first: one that is written meanwhile makes the silence shorter, never longer.
  const text = await getText(store, submitClaimKey(job), signal);
  const { objects, atMs } = await store.listFolder(inputPrefix(job), { signal });
  if (objects.length === 0) return undefined;
  const heardAtMs = objects.reduce((newest, { lastModifiedMs }) => Math.max(newest, lastModifiedMs), sinceMs);
  return submitStanding(text === undefined ? undefined : decodeSubmitClaim(text), { heardAtMs, nowMs: atMs });
}
