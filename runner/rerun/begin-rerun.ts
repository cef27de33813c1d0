/**
 * Writes what makes a job a rerun, before anything else of it: its mark beside the parent, and the origins of its items. A submission that goes on reads both
 * again, so that it has the same items although other reruns have ended meanwhile.
 */
import { isDeepStrictEqual } from 'node:util';
import { createHash } from 'node:crypto';
import { originsKey, rerunKey } from '../../core/contract/keys.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import {
  decodeOrigin,
  decodeRerunMark,
  encodeOrigin,
  encodeRerunMark,
  type RerunMark,
  type RerunSelection,
} from '../../core/contract/rerun-mark.js';
import { linesOf } from '../controller/observe/lines.js';
import { UserError } from '../errors.js';
import { IndexSet } from './index-set.js';

interface Reading {
  readonly store: ObjectStore;
  readonly signal: AbortSignal;
}

export interface RerunOf {
  readonly parent: string;
  readonly selection: RerunSelection;
}

/** The items of a rerun that an earlier command has begun. Undefined when none has, or when it broke off before its origins were written. */
export async function begunItems(
  job: string,
  { parent, selection }: RerunOf,
  { store, signal }: Reading,
): Promise<IndexSet | undefined> {
  const found = await store.get(rerunKey(parent, job), { signal });
  if (found === undefined) return undefined;
  const mark = decodeRerunMark(found.body, job);
  if (mark !== undefined && !isDeepStrictEqual(mark.selection, selection)) throw otherItems(job, mark);
  if ((await store.head(originsKey(job), { signal })) === undefined) return undefined;
  const items = new IndexSet();
  for await (const line of linesOf(store.stream(originsKey(job), { signal }))) {
    const origin = decodeOrigin(line);
    if (origin === undefined) {
      throw new UserError(`Cannot continue job ${job}: its list ${originsKey(job)} is damaged. Choose another --id.`);
    }
    items.add(origin);
  }
  return items;
}

export async function beginRerun(
  job: string,
  { parent, selection, items, at, by }: RerunOf & { readonly items: IndexSet } & Pick<RerunMark, 'at' | 'by'>,
  { store, signal }: Reading,
): Promise<void> {
  const mark: RerunMark = { version: 1, rerun: job, selection, at, by };
  const options = { signal, ifNoneMatch: true };
  const key = rerunKey(parent, job);
  const put = await store.put(key, encodeRerunMark(mark), { ...options, contentType: 'application/json' });
  if (put.kind !== 'written') {
    const found = await store.get(key, { signal });
    const before = found && decodeRerunMark(found.body, job);
    if (!isDeepStrictEqual(before?.selection, selection)) throw otherItems(job, before);
  }
  const origins = await store.upload(originsKey(job), originLines(items), {
    ...options,
    contentType: 'application/jsonl',
  });
  if (origins.kind === 'written') return;
  const [stored, ours] = [createHash('sha256'), createHash('sha256')];
  for await (const chunk of store.stream(originsKey(job), { signal })) stored.update(chunk);
  for await (const chunk of originLines(items)) ours.update(chunk);
  if (stored.digest('hex') !== ours.digest('hex')) throw otherItems(job, undefined);
}

const CHUNK_CHARACTERS = 64 * 1024;

async function* originLines(items: IndexSet): AsyncGenerator<Uint8Array> {
  let text = '';
  for (const index of items.indexes()) {
    text += encodeOrigin(index);
    if (text.length < CHUNK_CHARACTERS) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

function otherItems(job: string, mark: RerunMark | undefined): UserError {
  const begun = mark === undefined ? 'other items' : `other items (${selectionText(mark.selection)})`;
  return new UserError(
    `An earlier command has begun the rerun ${job} with ${begun}. Repeat that command to go on with it, or choose another --id.`,
  );
}

/** The options that choose these items. */
function selectionText({ failed, codes = [], items }: RerunSelection): string {
  return [
    ...(failed ? ['--failed'] : []),
    ...codes.map((code) => `--code ${code}`),
    ...(items === undefined ? [] : [`--items ${items}`]),
  ].join(' ');
}
