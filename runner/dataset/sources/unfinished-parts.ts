/**
 * Results that were written as parts are a dataset of the next job. This module refuses those that are not whole, so that no job takes a part of them for
 * all.
 */
import { UserError } from '../../errors.js';
import { CLAIM_FILE, decodePartsManifest, MANIFEST_FILE } from '../../results/parts/parts-manifest.js';
import { lastName } from './names.js';
import type { Source } from './source.js';

export interface FoundData {
  readonly data: readonly Pick<Source, 'name'>[];
  /** The names of the dataset's files that are no data. The manifest of parts is written last, and is one of them. */
  readonly leftOut: readonly string[];
  /** Reads one of these files. Undefined when it is gone, or too large for a manifest. */
  readonly read: (name: string) => Promise<Uint8Array | undefined>;
}

export async function refuseUnfinished(argument: string, { data, leftOut, read }: FoundData): Promise<void> {
  const names = new Set(leftOut);
  for (const name of leftOut) {
    if (lastName(name) !== CLAIM_FILE) continue;
    const place = name.slice(0, -CLAIM_FILE.length);
    if (!data.some((source) => source.name.startsWith(place))) continue;
    const anyway = `give a glob in quotes ('${place}part-*') to read what is there`;
    if (!names.has(place + MANIFEST_FILE)) {
      throw new UserError(
        `The dataset ${argument} holds results that are not whole, because ${place} has no ${MANIFEST_FILE}. Write them again with "spotpool results", or ${anyway}.`,
      );
    }
    const manifest = decodePartsManifest((await read(place + MANIFEST_FILE)) ?? new Uint8Array());
    if (manifest?.partial !== true) continue;
    throw new UserError(
      `The dataset ${argument} holds results that are not whole: ${place}${MANIFEST_FILE} says that items of job ${manifest.job} are missing. When the job is complete, write them again with "spotpool results", or ${anyway}.`,
    );
  }
}
