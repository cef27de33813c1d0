/** Writes the list of a dataset's sources beside its input, before the manifest. A submit that goes on compares it with the one that is there. */
import { decodeSourceLine, encodeSourceLine, type SourceLine } from '../../core/contract/source-line.js';
import { sourcesKey } from '../../core/contract/keys.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import type { Dataset } from '../dataset/opened-dataset.js';

/** Resolves with false when an earlier submit of the job had its items from other files or rows. */
export async function putSources(
  { sources }: Pick<Dataset, 'sources'>,
  job: string,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<boolean> {
  if (sources === undefined) return true;
  const lines = sources.lines();
  const key = sourcesKey(job);
  const body = lines.map(encodeSourceLine).join('');
  const put = await store.put(key, body, { signal, ifNoneMatch: true, contentType: 'application/jsonl' });
  if (put.kind === 'written') return true;
  const stored = await store.get(key, { signal });
  const before = new TextDecoder().decode(stored?.body).trimEnd().split('\n').map(decodeSourceLine);
  return before.length === lines.length && lines.every((line, n) => isSame(line, before[n]));
}

/** The same files may have moved to another folder, and a copy of an object has another ETag. */
function isSame(line: SourceLine, before: SourceLine | undefined): boolean {
  if (before === undefined || line.first !== before.first || line.items !== before.items) return false;
  const { rows = [] } = line;
  return rows.length === (before.rows?.length ?? 0) && rows.every((row, n) => row === before.rows?.[n]);
}
