/** Parts of results must not replace the dataset of the job when both are in S3 (R15). Pure. */
import { UserError } from '../../errors.js';
import { beginningOf } from '../../dataset/sources/glob.js';
import type { GivenFile } from '../output-place.js';

/**
 * Refuses a prefix at which the dataset lies, and with `force` also a prefix within the dataset: results there may be what the job reads. Without `force`
 * nothing there is replaced.
 */
export function refuseGivenObjects(url: string, given: readonly GivenFile[], force: boolean): void {
  for (const { path: dataset, what } of given) {
    if (!dataset.startsWith('s3://')) continue;
    const { literal } = beginningOf(dataset);
    const holds = literal.startsWith(url) && !literal.slice(url.length).includes('/');
    if (!holds && !(force && url.startsWith(literal))) continue;
    const is = literal === url ? 'is' : holds ? 'holds' : 'is within';
    throw new UserError(
      `Cannot write parts of the results to ${url}: it ${is} ${what} (${dataset}). Name another prefix with --out.`,
    );
  }
}
