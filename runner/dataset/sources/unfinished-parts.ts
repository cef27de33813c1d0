/** Results that were written as parts are a dataset of the next job. This module refuses those that are not whole, so that no job takes a part of them for all. Pure. */
import { UserError } from '../../errors.js';
import { CLAIM_FILE, MANIFEST_FILE } from '../../results/parts/parts-manifest.js';
import { lastName } from './names.js';
import type { Source } from './source.js';

/** `leftOut` has the names of the dataset's files that are no data. The manifest of parts is written last, and is one of them. */
export function refuseUnfinished(
  argument: string,
  data: readonly Pick<Source, 'name'>[],
  leftOut: readonly string[],
): void {
  const names = new Set(leftOut);
  for (const name of leftOut) {
    if (lastName(name) !== CLAIM_FILE) continue;
    const place = name.slice(0, -CLAIM_FILE.length);
    if (names.has(place + MANIFEST_FILE) || !data.some((source) => source.name.startsWith(place))) continue;
    throw new UserError(
      `The dataset ${argument} holds results that are not whole, because ${place} has no ${MANIFEST_FILE}. Write them again with "spotpool results", or give a glob in quotes ('${place}part-*') to read what is there.`,
    );
  }
}
