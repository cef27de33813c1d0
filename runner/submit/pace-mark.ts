/**
 * The pace that a trial on the submitter's machine has left in the bucket (`input/probe.json`). It is written once. Whoever continues the submission takes
 * the first one, so that the batches stay the same.
 */
import { probeKey } from '../../core/contract/keys.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import { decodeProbeMark, encodeProbeMark, type ProbeMark } from '../../core/contract/probe-mark.js';
import type { SlotPace } from '../../core/dataset/paced-sizes.js';

export async function writePace(job: string, mark: ProbeMark, store: ObjectStore, signal: AbortSignal): Promise<void> {
  await store.put(probeKey(job), encodeProbeMark(mark), { signal, ifNoneMatch: true, contentType: 'application/json' });
}

/** Returns the pace of the job's model with the slots that may come; undefined when no trial has measured one. */
export async function readPace(
  job: string,
  slots: number,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<SlotPace | undefined> {
  const found = await store.get(probeKey(job), { signal });
  const msPerItem = found && decodeProbeMark(found.body)?.msPerItem;
  return msPerItem === undefined ? undefined : { msPerItem, slots };
}
