/** Counts the failed items of a job by code, with the first item of each. It holds a bounded number of codes, and reads a bounded number of outcomes and bytes. */
import type { FailedRow } from '../../core/contract/result-row.js';
import { type CheckedBatch, checkedOutcomes } from './checked-outcomes.js';
import { type FamilyReading, readFamilyRows } from './family/family-rows.js';
import type { Joins } from './joined/joins-of.js';
import { rowsOf } from './rows.js';

export interface FailureCode {
  readonly code: string;
  readonly count: number;
  /** The first failed item with the code, in dataset order. */
  readonly first: FailedRow;
}

export interface FailureCodes {
  /** The most frequent code first. */
  readonly codes: readonly FailureCode[];
  /** The failed items that were counted. */
  readonly failed: number;
  /** Those of them whose code is not in the list, because there were too many codes. */
  readonly ofOtherCodes: number;
  readonly ok: number;
  /** The number of outcomes that were read. */
  readonly batches: number;
  /** False when outcomes were left out, because the bound was reached. */
  readonly readAll: boolean;
}

/** A model that uses more codes probably makes a code of every message. */
const MOST_CODES = 1_000;
/** Reading so much takes seconds in a region, and a minute or so over a slow line. */
const MOST_BYTES = 256 * 1024 * 1024;
/** Each outcome is a request. At 500 of them a second this takes 20 s. */
const MOST_OUTCOMES = 10_000;
/** Nobody reads the examples of more codes, and each costs a request. */
const MOST_JOINED = 100;

export interface FailureReading {
  /** True when the bounds do not count. */
  readonly all: boolean;
  readonly joins: Joins;
  /** The number of outcomes to read. */
  readonly mostOutcomes?: number;
}

/** With reruns, an item counts by the row that the results have. */
export async function countFailures(
  reading: FamilyReading,
  { all, joins, mostOutcomes = MOST_OUTCOMES }: FailureReading,
): Promise<FailureCodes> {
  if (reading.family !== undefined) return countMerged(reading, { all, joins, mostOutcomes });
  const found: Found = new Map();
  let [failed, ok, batches, bytes] = [0, 0, 0, 0];
  let readAll = true;
  for await (const outcome of checkedOutcomes(reading)) {
    if (!all && (bytes >= MOST_BYTES || batches >= mostOutcomes)) {
      readAll = false;
      break;
    }
    batches += 1;
    bytes += outcome.size;
    if (outcome.checked.kind !== 'valid') continue;
    ok += outcome.checked.ok;
    failed += outcome.checked.failed;
    if (outcome.checked.failed === 0) continue;
    for await (const rows of rowsOf(outcome)) for (const row of rows) if (!row.ok) add(found, row);
  }
  return { ...(await listed(found, failed, joins)), failed, ok, batches, readAll };
}

async function countMerged(
  reading: FamilyReading,
  { all, joins, mostOutcomes = MOST_OUTCOMES }: FailureReading,
): Promise<FailureCodes> {
  const found: Found = new Map();
  let [failed, ok, batches, bytes] = [0, 0, 0, 0];
  let readAll = true;
  let outcomes = 0;
  const onRerunBatch = (_job: string, { size }: CheckedBatch): void => {
    bytes += size;
    outcomes += 1;
  };
  const onBatch = ({ size }: CheckedBatch): void => {
    bytes += size;
    batches += 1;
  };
  let isFull = false;
  for await (const rows of readFamilyRows(reading, { onBatch, onRerunBatch })) {
    readAll = !isFull;
    if (isFull) break;
    for (const row of rows) {
      if (row.ok) ok += 1;
      else {
        failed += 1;
        add(found, row);
      }
    }
    isFull = !all && (bytes >= MOST_BYTES || batches + outcomes >= mostOutcomes);
  }
  return { ...(await listed(found, failed, joins)), failed, ok, batches, readAll };
}

type Found = Map<string, { count: number; readonly first: FailedRow }>;

async function listed(
  found: Found,
  failed: number,
  joins: Joins,
): Promise<Pick<FailureCodes, 'codes' | 'ofOtherCodes'>> {
  const codes = [...found].map(([code, entry]) => ({ code, ...entry })).sort((a, b) => b.count - a.count);
  const ofOtherCodes = failed - codes.reduce((sum, code) => sum + code.count, 0);
  return { codes: await withPlaces(codes, joins), ofOtherCodes };
}

function add(found: Found, row: FailedRow): void {
  const entry = found.get(row.error.code);
  if (entry !== undefined) entry.count += 1;
  else if (found.size < MOST_CODES) found.set(row.error.code, { count: 1, first: row });
}

/** Joins the examples with their ids, inputs and sources. */
async function withPlaces(codes: readonly FailureCode[], { stage }: Joins): Promise<readonly FailureCode[]> {
  if (stage === undefined) return codes;
  const rows = codes.slice(0, MOST_JOINED).map(({ first }) => first);
  const inOrder = [...rows].sort((a, b) => a.index - b.index);
  const joined = new Map<number, FailedRow>();
  for await (const some of stage(once(inOrder))) for (const row of some) if (!row.ok) joined.set(row.index, row);
  return codes.map((code) => ({ ...code, first: joined.get(code.first.index) ?? code.first }));
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}
