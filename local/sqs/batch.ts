/** The parts that the three batch actions share: the rules for entries, and a result for each entry. */
import { SqsError } from './errors.js';
import type { Input, JsonObject } from './input.js';
import { MAX_BATCH_ENTRIES } from './limits.js';

const ENTRY_ID = /^[\w-]{1,80}$/;

/** Checks the rules that concern the request as a whole. */
export function readEntries(input: Input, entryShape: string): readonly Input[] {
  const entries = input.objects('Entries');
  if (entries.length === 0) {
    throw new SqsError('EmptyBatchRequest', `There should be at least one ${entryShape} in the request.`);
  }
  if (entries.length > MAX_BATCH_ENTRIES) {
    const message = `Maximum number of entries per request are ${MAX_BATCH_ENTRIES}. You have sent ${entries.length}.`;
    throw new SqsError('TooManyEntriesInBatchRequest', message);
  }
  const ids = new Set<string>();
  for (const entry of entries) {
    const id = entry.text('Id') ?? '';
    if (!ENTRY_ID.test(id)) {
      const rule = 'A batch entry id can only contain alphanumeric characters, hyphens and underscores.';
      throw new SqsError('InvalidBatchEntryId', `${rule} It can be at most 80 letters long.`);
    }
    if (ids.has(id)) throw new SqsError('BatchEntryIdsNotDistinct', `Id ${id} repeated.`);
    ids.add(id);
  }
  return entries;
}

export interface Attempted<Value> {
  readonly done: readonly { readonly id: string; readonly value: Value }[];
  readonly failed: readonly JsonObject[];
}

/** An entry's own error fails that entry alone; a malformed request fails as a whole. */
export function forEachEntry<Value>(entries: readonly Input[], act: (entry: Input) => Value): Attempted<Value> {
  const done: { id: string; value: Value }[] = [];
  const failed: JsonObject[] = [];
  for (const entry of entries) {
    const id = entry.text('Id') ?? '';
    try {
      done.push({ id, value: act(entry) });
    } catch (error) {
      if (!(error instanceof SqsError) || error.queryCode === undefined) throw error;
      failed.push({ Id: id, SenderFault: error.senderFault, Code: error.queryCode, Message: error.message });
    }
  }
  return { done, failed };
}

/** Empty lists are left out, as on AWS. */
export function batchResult(successful: readonly JsonObject[], failed: readonly JsonObject[]): JsonObject {
  return {
    ...(successful.length === 0 ? {} : { Successful: successful }),
    ...(failed.length === 0 ? {} : { Failed: failed }),
  };
}
