/**
 * Removes everything that the bucket holds of a job.
 *
 * Invariants:
 * - The manifest goes first, because a job without one is in no list: nobody reads half a job. The ends go last, so that workers still know meanwhile that
 *   the job is over.
 * - A removal that was broken off goes on when it is asked for again.
 * - The proof is a listing that shows nothing. A worker that was cut off may write another outcome meanwhile, so the folder is listed again.
 * - Models, wheels, weights and files of folders stay: other jobs may use them.
 */
import { endsKey, jobPrefix, manifestKey, rerunKey } from '../../core/contract/keys.js';
import type { ObjectRemoval, ObjectStore } from '../ports.js';

/** A request deletes as many. */
const KEYS_AT_ONCE = 1_000;
/** A worker that writes on after so many listings is at work on the job. */
const MOST_ROUNDS = 5;

export interface RemovalPorts {
  readonly store: ObjectStore;
  readonly removal: ObjectRemoval;
}

export interface Removed {
  readonly objects: number;
  readonly bytes: number;
}

/** Counts what the bucket holds of the job. */
export async function sizeOfJob(store: ObjectStore, job: string, signal: AbortSignal): Promise<Removed> {
  let [objects, bytes] = [0, 0];
  for await (const { size } of store.list(jobPrefix(job), { signal })) {
    objects += 1;
    bytes += size;
  }
  return { objects, bytes };
}

/** `parent` is the job that lists this one as a rerun. `onRemoved` is called with the sum so far. */
export async function removeJob(
  { store, removal }: RemovalPorts,
  { job, parent }: { readonly job: string; readonly parent?: string | undefined },
  { onRemoved, signal }: { readonly onRemoved: (removed: Removed) => void; readonly signal: AbortSignal },
): Promise<Removed> {
  if (parent !== undefined) await removal.remove([rerunKey(parent, job)], signal);
  await removal.remove([manifestKey(job)], signal);
  let removed: Removed = { objects: 0, bytes: 0 };
  for (let round = 1; ; round += 1) {
    const before = removed.objects;
    for await (const found of pagesOf(store, job, signal)) {
      await removal.remove(found.keys, signal);
      removed = { objects: removed.objects + found.keys.length, bytes: removed.bytes + found.bytes };
      onRemoved(removed);
    }
    if (removed.objects === before) break;
    if (round === MOST_ROUNDS) {
      throw new Error(`Somebody still writes below ${jobPrefix(job)}. Wait a minute, and run the command again.`);
    }
  }
  await removal.remove([endsKey(job)], signal);
  return removed;
}

async function* pagesOf(
  store: ObjectStore,
  job: string,
  signal: AbortSignal,
): AsyncGenerator<{ readonly keys: readonly string[]; readonly bytes: number }> {
  let keys: string[] = [];
  let bytes = 0;
  for await (const { key, size } of store.list(jobPrefix(job), { signal })) {
    keys.push(key);
    bytes += size;
    if (keys.length < KEYS_AT_ONCE) continue;
    yield { keys, bytes };
    [keys, bytes] = [[], 0];
  }
  if (keys.length > 0) yield { keys, bytes };
}
