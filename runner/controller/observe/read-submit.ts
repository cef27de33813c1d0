/** Tells whether the submit of a job whose batches are not all sent is at work, or has broken off. */
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

/** Goes by S3's clock alone. `sinceMs` is when the submit wrote another object. Returns undefined when it has written nothing. */
export async function readSubmitStanding(
  store: ObjectStore,
  job: string,
  { sinceMs = 0, signal }: { readonly sinceMs?: number; readonly signal: AbortSignal },
): Promise<SubmitStanding | undefined> {
  // The claim is read first: a write in between makes the silence shorter, never longer.
  const claim = await getObject(store, submitClaimKey(job), CLAIM, signal);
  const { objects, atMs } = await store.listFolder(inputPrefix(job), { signal });
  if (objects.length === 0) return undefined;
  const heardAtMs = objects.reduce((newest, { lastModifiedMs }) => Math.max(newest, lastModifiedMs), sinceMs);
  return submitStanding(claim, { heardAtMs, nowMs: atMs });
}
