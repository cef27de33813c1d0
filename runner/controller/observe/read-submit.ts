/** How the submit of a job stands whose batches are not all sent: at work, or broken off. */
import { inputPrefix, submitClaimKey } from '../../../core/contract/keys.js';
import type { ObjectStore } from '../../../core/contract/object-store.js';
import {
  decodeSubmitClaim,
  MOST_CLAIM_BYTES,
  type SubmitClaim,
  submitStanding,
  type SubmitStanding,
} from '../../../core/contract/submit-claim.js';
import { getObject, type Kind } from '../json-objects.js';

const CLAIM: Kind<SubmitClaim> = {
  name: 'the claim of a submit',
  mostBytes: MOST_CLAIM_BYTES,
  decode: decodeSubmitClaim,
};

/** By S3's clock alone; `sinceMs` is when something else of the submit was written. Undefined when it has written nothing. */
export async function readSubmitStanding(
  store: ObjectStore,
  job: string,
  { sinceMs = 0, signal }: { readonly sinceMs?: number; readonly signal: AbortSignal },
): Promise<SubmitStanding | undefined> {
  // The claim first: one that is written meanwhile makes the silence shorter, never longer.
  const claim = await getObject(store, submitClaimKey(job), CLAIM, signal);
  const { objects, atMs } = await store.listFolder(inputPrefix(job), { signal });
  if (objects.length === 0) return undefined;
  const heardAtMs = objects.reduce((newest, { lastModifiedMs }) => Math.max(newest, lastModifiedMs), sinceMs);
  return submitStanding(claim, { heardAtMs, nowMs: atMs });
}
