/** Counts the errors in the outcomes that were counted first with failed items. It is for jobs whose workers' summaries do not name all errors. */
import { outcomeKey } from '../../core/contract/keys.js';
import { decodeResultLine } from '../../core/contract/result-line.js';
import { ErrorTally } from '../../core/record/error-tally.js';
import { linesOf } from '../controller/observe/lines.js';
import type { ObjectStore } from '../ports.js';

/** The part of each outcome that is read: some thousand failed items. Twenty outcomes take less than a second. */
const READ_BYTES = 1024 * 1024;
const FAILED = /^\{"index":\d+,"ok":false,/;

export async function readErrors(
  store: ObjectStore,
  job: string,
  { failing, mostCodes }: { readonly failing: readonly number[]; readonly mostCodes: number },
  signal: AbortSignal,
): Promise<ErrorTally> {
  const tally = new ErrorTally(mostCodes);
  for (const batch of failing) {
    const range = { startByte: 0, endByte: READ_BYTES };
    try {
      for await (const line of linesOf(store.stream(outcomeKey(job, batch), { range, signal }))) {
        const read = FAILED.test(line) ? decodeResultLine(line) : undefined;
        if (read?.ok === false) tally.add({ ...read.error, index: read.index, count: 1 });
      }
    } catch {
      // The others are enough for examples, and the record says that its errors are incomplete.
      signal.throwIfAborted();
    }
  }
  return tally;
}
