/** Reads a dataset once before its submit, so that ids that cannot be used are refused before anything is uploaded. */
import { createHash } from 'node:crypto';
import { UserError } from '../../errors.js';
import type { ItemGroup } from '../item-group.js';
import { duplicatesText, findDuplicates } from './find-duplicates.js';
import { IdSet, MOST_IDS } from './id-set.js';
import { IdentityColumn } from './identity-column.js';
import type { IdentityRequest } from './identity-request.js';

export interface CheckedIds {
  /** The SHA-256 (hex) of the kept lines. A later reading with other lines is of another dataset. */
  readonly digest: string;
  readonly ids: number;
}

export interface CheckOptions {
  /** Reads the dataset from its beginning. It is called a second time when some hashes are equal. */
  readonly read: () => AsyncIterable<ItemGroup>;
  readonly signal: AbortSignal;
  readonly onProgress: () => void;
}

export async function checkIds(
  request: IdentityRequest,
  { read, signal, onProgress }: CheckOptions,
): Promise<CheckedIds> {
  const ids = new IdSet();
  const column = new IdentityColumn(request, (id) => ids.add(id));
  const hash = createHash('sha256');
  for await (const { kept = [] } of column.over(read())) {
    signal.throwIfAborted();
    onProgress();
    if (kept.length > 0) hash.update(`${kept.join('\n')}\n`);
    refuseTooManyIds(ids);
  }
  refuseUnknownFields(column);
  const again = async function* (): AsyncGenerator<readonly string[]> {
    for await (const { kept = [] } of new IdentityColumn(request).over(read())) {
      signal.throwIfAborted();
      yield kept;
    }
  };
  const count = ids.size;
  const duplicates = await findDuplicates(ids, column.codec, again);
  if (duplicates !== undefined) {
    throw new UserError(`${duplicatesText(duplicates, request, column.places)}\nNothing was uploaded.`);
  }
  return { digest: hash.digest('hex'), ids: count };
}

export function refuseTooManyIds({ size }: IdSet): void {
  if (size <= MOST_IDS) return;
  throw new UserError(`A dataset has at most ${MOST_IDS} ids. Split it, or submit it without --id-field.`);
}

/** A misspelt field would be missing from every result. */
export function refuseUnknownFields(column: IdentityColumn): void {
  const [first] = column.neverFound;
  if (first === undefined) return;
  throw new UserError(
    `No item of the dataset ${column.request.name} has the field ${JSON.stringify(first)} (--keep). Correct the name, or leave it out.`,
  );
}
