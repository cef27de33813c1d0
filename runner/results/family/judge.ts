/** Judges a job by the results that it has together with its reruns. */
import { ITEM_ERROR_CODES } from '../../../core/contract/result-line.js';
import type { Judged } from '../../../core/pool/success.js';
import { definedFields } from '../../../core/defined-fields.js';
import type { JobProgress } from '../../controller/report.js';
import type { WrittenResults } from '../write-results.js';

type Counts = Pick<WrittenResults, 'ok' | 'failed' | 'errors' | 'reruns'>;

/** With reruns, a job whose every item has a result counts as complete, and a batch that was given up counts while an item shows it. */
export function judgedWithReruns(progress: JobProgress, { ok, failed, errors, reruns }: Counts): Judged {
  if (reruns === undefined) return progress;
  const { state, items, maxFailed } = progress;
  const givenUp = errors.find(({ code }) => code === ITEM_ERROR_CODES.batchGivenUp)?.count ?? 0;
  return {
    state: ok + failed === items.total ? 'complete' : state,
    items: { total: items.total, ok, failed },
    batches: { failed: givenUp },
    ...definedFields({ maxFailed }),
  };
}
