/** Chooses the items of a job that a rerun computes again. */
import { type ErrorCount, FailureTally } from '../../core/batch/failure-tally.js';
import type { Manifest } from '../../core/contract/job.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import type { FailedRow, ResultRow } from '../../core/contract/result-row.js';
import { type Ranges, rangeHolding } from '../../core/dataset/ranges.js';
import { definedFields } from '../../core/defined-fields.js';
import { count } from '../display/format.js';
import { UserError } from '../errors.js';
import { readFamilyRows } from '../results/family/family-rows.js';
import { readFamily } from '../results/family/read-family.js';
import { joinRows } from '../results/joined/join-rows.js';
import { IndexSet } from './index-set.js';

export interface ItemChoice {
  /** Take only items that failed. */
  readonly failed: boolean;
  /** Take only items that failed with one of these codes. */
  readonly codes?: readonly string[];
  /** Take only the items of these indexes. */
  readonly items?: Ranges;
}

export interface ChosenItems {
  readonly items: IndexSet;
  /** The failed items that were left out, because they could not be read when they were submitted. */
  readonly unreadable: number;
  /** The codes of failed items that were not asked for. */
  readonly otherCodes: readonly ErrorCount[];
}

interface Reading {
  readonly store: ObjectStore;
  readonly signal: AbortSignal;
}

/** The results of earlier reruns count, so that an item that one of them has mended is not chosen again. */
export async function selectItems(parent: Manifest, choice: ItemChoice, reading: Reading): Promise<ChosenItems> {
  refuseBeyond(parent, choice);
  const items = new IndexSet();
  const { codes, failed, items: wanted } = choice;
  if (!failed && codes === undefined && wanted !== undefined) {
    for (const { first, last } of wanted) for (let index = first; index <= last; index++) items.add(index);
    return { items, unreadable: 0, otherCodes: [] };
  }
  const others = new FailureTally();
  let unreadable = 0;
  for await (const rows of failedRows(parent, reading)) {
    reading.signal.throwIfAborted();
    for (const row of rows) {
      if (wanted !== undefined && rangeHolding(wanted, row.index) === undefined) continue;
      if (codes !== undefined && !codes.includes(row.error.code)) others.add(row.error);
      else if (isUnreadable(parent, row)) unreadable += 1;
      else items.add(row.index);
    }
  }
  return { items, unreadable, otherCodes: others.errors() };
}

/** The input tells which items could not be read. It is read only when there are some. */
async function* failedRows(parent: Manifest, { store, signal }: Reading): AsyncGenerator<readonly FailedRow[]> {
  const { job, batches, dataset } = parent;
  const family = await readFamily(parent, { store, signal });
  const rows = onlyFailed(readFamilyRows({ job, batches, store, signal, ...definedFields({ family }) }, {}));
  const stage = dataset.badItems === 0 ? undefined : joinRows({ job, store, signal, inputOf: 'failed' });
  yield* stage === undefined ? rows : onlyFailed(stage(rows));
}

async function* onlyFailed(groups: AsyncIterable<readonly ResultRow[]>): AsyncGenerator<readonly FailedRow[]> {
  for await (const rows of groups) yield rows.filter((row) => !row.ok);
}

const isUnreadable = ({ dataset }: Manifest, { inputJson }: FailedRow): boolean =>
  dataset.badItems > 0 && inputJson === undefined;

function refuseBeyond({ job, dataset }: Manifest, { items = [] }: ItemChoice): void {
  const last = items.at(-1)?.last ?? 0;
  if (last < dataset.items) return;
  throw new UserError(
    `--items names item ${last}, but job ${job} has ${count(dataset.items)} items: their indexes are 0 to ${dataset.items - 1}.`,
  );
}
