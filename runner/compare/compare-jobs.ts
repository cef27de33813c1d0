/** Compares the results of two jobs item by item, as two streams in the order of their dataset. Each job's own outcomes count, without its reruns. */
import { type ComparedItems, Comparison, type ComparisonReport } from '../../core/compare/comparison.js';
import type { Manifest } from '../../core/contract/job.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import type { ResultRow } from '../../core/contract/result-row.js';
import { atOrigins } from '../results/family/family-rows.js';
import { readRows } from '../results/read-rows.js';
import type { CommonBase } from './common-base.js';

interface Reading {
  readonly store: ObjectStore;
  readonly signal: AbortSignal;
}

export interface CompareRequest {
  readonly before: Manifest;
  readonly after: Manifest;
  readonly base: CommonBase;
  readonly tolerance?: number;
}

export interface JobsComparison extends ComparisonReport {
  /** Outcomes that do not match their plan; their items count as missing. */
  readonly damagedBatches: number;
}

export async function compareJobs(
  { before, after, base, tolerance }: CompareRequest,
  reading: Reading,
): Promise<JobsComparison> {
  const comparison = new Comparison(...(tolerance === undefined ? [] : [tolerance]));
  let damagedBatches = 0;
  const rowsOf = ({ job, batches }: Manifest, path: readonly string[]): AsyncIterable<readonly ResultRow[]> => {
    const rows = readRows(
      { job, batches, ...reading, readings: 2 },
      { onBatch: ({ checked }) => void (damagedBatches += checked.kind === 'damaged' ? 1 : 0) },
    );
    return path.length === 0 ? rows : atOrigins(rows, path, reading);
  };
  const pairs = inPairs(rowsOf(before, base.pathOfBefore), rowsOf(after, base.pathOfAfter));
  for await (const [a, b] of pairs) {
    reading.signal.throwIfAborted();
    comparison.add(a, b);
  }
  return { ...comparison.report(), damagedBatches };
}

/** The number of items whose outcome differs. A rerun lacks the items that were not chosen, which is no difference. */
export function differing(items: ComparedItems, { pathOfBefore, pathOfAfter }: CommonBase): number {
  const { changed, newlyFailed, newlyOk, onlyBefore, onlyAfter } = items;
  const isWhole = pathOfBefore.length + pathOfAfter.length === 0;
  return changed + newlyFailed + newlyOk + (isWhole ? onlyBefore + onlyAfter : 0);
}

type Pair = readonly [ResultRow | undefined, ResultRow | undefined];

/** Pairs the rows of two streams in rising order by their index. */
async function* inPairs(
  before: AsyncIterable<readonly ResultRow[]>,
  after: AsyncIterable<readonly ResultRow[]>,
): AsyncGenerator<Pair> {
  const [a, b] = [oneByOne(before), oneByOne(after)];
  try {
    let [left, right] = [await next(a), await next(b)];
    while (left !== undefined || right !== undefined) {
      const index = Math.min(left?.index ?? Infinity, right?.index ?? Infinity);
      const hasLeft = left?.index === index;
      const hasRight = right?.index === index;
      yield [hasLeft ? left : undefined, hasRight ? right : undefined];
      if (hasLeft) left = await next(a);
      if (hasRight) right = await next(b);
    }
  } finally {
    await a.return(undefined);
    await b.return(undefined);
  }
}

async function* oneByOne(groups: AsyncIterable<readonly ResultRow[]>): AsyncGenerator<ResultRow, undefined> {
  for await (const rows of groups) yield* rows;
  return undefined;
}

const next = async (rows: AsyncGenerator<ResultRow, undefined>): Promise<ResultRow | undefined> =>
  (await rows.next()).value;
