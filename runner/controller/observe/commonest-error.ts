/** Reads the commonest error of a job's failed items from some of its outcomes, once, when the job ends for its failed items. */
import { outcomeKey } from '../../../core/contract/keys.js';
import { withCommonestError } from '../../../core/contract/last-words.js';
import { MOST_FAILING_KEPT, type Progress } from '../../../core/pool/progress.js';
import { shorten } from '../../../core/shorten.js';
import { ErrorCounter } from '../../results/error-counter.js';
import type { ObjectStore } from '../../ports.js';

/** The part of each outcome that is read: some thousand failed items. Twenty outcomes take less than a second. */
const READ_BYTES = 1024 * 1024;
/** A reason is a few lines of a terminal; the results have the whole error. */
const MOST_CHARACTERS = 600;

/** Returns the reason with the commonest error behind it, or the reason alone when no outcome names an error. */
export async function withErrorOf(
  store: ObjectStore,
  job: string,
  end: { readonly reason: string; readonly progress: Progress },
  signal: AbortSignal,
): Promise<string> {
  const counter = new ErrorCounter();
  for (const batch of failingBatches(end.progress)) {
    try {
      const range = { startByte: 0, endByte: READ_BYTES };
      for await (const bytes of store.stream(outcomeKey(job, batch), { range, signal })) counter.add(bytes);
    } catch {
      // An outcome that cannot be read must not keep the job from its end: the others are enough.
      signal.throwIfAborted();
    }
    counter.dropLine();
  }
  const [commonest] = counter.errors();
  if (commonest === undefined) return end.reason;
  return withCommonestError(end.reason, `${commonest.code}: ${shorten(commonest.example, MOST_CHARACTERS)}`);
}

/** A count that an older spotpool began does not name the failing batches: then the first batches are read. */
function failingBatches({ failing, folded }: Progress): readonly number[] {
  if (failing !== undefined) return failing;
  const batches: number[] = [];
  for (const { first, last } of folded) {
    for (let batch = first; batch <= last && batches.length < MOST_FAILING_KEPT; batch++) batches.push(batch);
  }
  return batches;
}
