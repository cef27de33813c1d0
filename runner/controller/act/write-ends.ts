/** Writes the next entry of a job's ends and resumes, on condition of those that were read. */
import { encodeEnds, type JobEnds, MOST_ENTRIES, MOST_RESUMES } from '../../../core/contract/ends.js';
import { endsKey } from '../../../core/contract/keys.js';
import type { ObjectStore } from '../../ports.js';
import { UserError } from '../../errors.js';
import { JSON_TYPE } from '../json-objects.js';
import type { ReadEnds } from '../observe/read-ends.js';

/** Returns undefined when somebody else has written an entry since: the caller reads again. */
export async function writeEnds(
  store: ObjectStore,
  job: string,
  { before, next }: { readonly before: ReadEnds; readonly next: JobEnds },
  signal: AbortSignal,
): Promise<{ readonly etag: string } | undefined> {
  if (next.entries.length > MOST_ENTRIES) {
    throw new UserError(
      `Job ${job} was resumed ${MOST_RESUMES} times, and no more resumes are recorded. Submit its dataset under another id.`,
    );
  }
  const put = await store.put(endsKey(job), encodeEnds(next), {
    signal,
    contentType: JSON_TYPE,
    ...(before.etag === undefined ? { ifNoneMatch: true } : { ifMatch: before.etag }),
  });
  return put.kind === 'written' ? { etag: put.etag } : undefined;
}
