/** Writes a job's outcomes as results in dataset order. */
import { definedFields } from '../../core/defined-fields.js';
import { FailureTally, type ErrorCount } from '../../core/batch/failure-tally.js';
import type { JobState } from '../../core/contract/job.js';
import type { ResultRow } from '../../core/contract/result-row.js';
import { type CheckedBatch, checkedOutcomes } from './checked-outcomes.js';
import { type FamilyReading, readFamilyRows } from './family/family-rows.js';
import type { Placed, RowSink } from './row-sink.js';
import type { SeenRows } from './seen-rows.js';

/** A batch whose outcome does not match the plan. None of its lines is in the results. */
export interface DamagedBatch {
  readonly batch: number;
  readonly items: number;
  /** A predicate whose subject is the outcome. */
  readonly fault: string;
}

export interface WrittenResults {
  /** The number of rows in the output. */
  readonly items: number;
  readonly ok: number;
  readonly failed: number;
  /** The error codes of failed items, the most frequent first. */
  readonly errors: readonly ErrorCount[];
  readonly batches: number;
  /** The number of batches without an outcome. Their items are not in the results (yet), except those of `partialItems`. */
  readonly missingBatches: number;
  /** The number of items of batches without an outcome that workers have saved. Present when they were asked for. */
  readonly partialItems?: number;
  /** The rows that come from reruns, the oldest rerun first. Absent when the job has none. */
  readonly reruns?: readonly RerunRows[];
  /** Present when the inputs of failed items were written to a file, too. */
  readonly failedItems?: { readonly file: string; readonly items: number };
  readonly firstMissing?: number;
  readonly damagedBatches: number;
  /** The first damaged batches, at most `NAMED_DAMAGED` of them. */
  readonly damaged: readonly DamagedBatch[];
}

/** The part of a rerun in the results of its parent. */
export interface RerunRows {
  readonly job: string;
  readonly state: JobState;
  readonly items: number;
}

/** A stage between the outcomes and their sink. It keeps the order of rows, and may add to them. */
export type RowStage = (rows: AsyncIterable<readonly ResultRow[]>) => AsyncIterable<readonly ResultRow[]>;

export interface ResultsReading extends FamilyReading {
  /** Absent when nothing is added to the rows. */
  readonly stage?: RowStage;
  /** Items of unfinished batches are read, too, as far as workers have saved them. */
  readonly partial?: boolean;
  /** Each row names the job that computed it. */
  readonly jobOfLine?: boolean;
  /** Only these items of unfinished batches are read. */
  readonly chosenPartial?: SeenRows;
}

export interface ResultsRequest extends ResultsReading {
  readonly sink: RowSink;
  /** Only rows of this kind are written. The counts are those of all. */
  readonly only?: 'ok' | 'failed';
  /** The second output gets the failed rows that have an input, whatever `only` says. */
  readonly failedOut?: {
    readonly file: string;
    readonly sink: RowSink;
    /** The inputs were joined for this output alone. */
    readonly strip: boolean;
  };
}

/** This many damaged batches have one common cause, so more names would not help. */
const NAMED_DAMAGED = 20;

/** Writes all results and finishes the sinks. On an error it discards them. */
export async function writeResults(request: ResultsRequest): Promise<WrittenResults & Placed> {
  const { sink, failedOut, only } = request;
  try {
    const tally = new Tally(request);
    const more = await writeAll(request, tally);
    const written = { ...tally.total(), ...more };
    const facts = { partial: written.missingBatches + written.damagedBatches > 0, ...definedFields({ only }) };
    await failedOut?.sink.finish({ ...facts, only: 'failed' });
    return { ...written, ...(await sink.finish(facts)) };
  } catch (error) {
    // The first error matters more than one of the cleaning up.
    await Promise.allSettled([sink.discard(), failedOut?.sink.discard()]);
    throw error;
  }
}

export const chosenRows = (
  rows: readonly ResultRow[],
  only: ResultsRequest['only'] | undefined,
): readonly ResultRow[] => (only === undefined ? rows : rows.filter(({ ok }) => ok === (only === 'ok')));

function withoutInput({ inputJson: _inputJson, ...row }: ResultRow): ResultRow {
  return row;
}

/** Returns the totals that differ from the tally's. */
async function writeAll(
  request: ResultsRequest,
  tally: Tally,
): Promise<Partial<Pick<WrittenResults, 'items' | 'failedItems'>>> {
  const { sink, failedOut, stage, only, partial = false, jobOfLine = false, chosenPartial: _, ...reading } = request;
  const isPlain = stage === undefined && only === undefined && failedOut === undefined && !partial && !jobOfLine;
  if (isPlain && !tally.isMerged && sink.writeLines !== undefined) {
    for await (const outcome of checkedOutcomes(reading)) {
      tally.add(outcome);
      if (outcome.checked.kind !== 'valid') continue;
      for await (const bytes of outcome.bytes()) {
        reading.signal.throwIfAborted();
        await sink.writeLines(bytes);
      }
    }
    return {};
  }
  let items = 0;
  let failedItems = 0;
  for await (const some of talliedRows(request, tally)) {
    const chosen = chosenRows(some, only);
    items += chosen.length;
    if (chosen.length > 0) await sink.write(failedOut?.strip === true ? chosen.map(withoutInput) : chosen);
    const failed = failedOut === undefined ? [] : some.filter(({ ok, inputJson }) => !ok && inputJson !== undefined);
    failedItems += failed.length;
    if (failed.length > 0) await failedOut?.sink.write(failed);
  }
  return { items, ...(failedOut === undefined ? {} : { failedItems: { file: failedOut.file, items: failedItems } }) };
}

export interface ReadResults {
  /** The rows in the order of the dataset. */
  rows(): AsyncGenerator<readonly ResultRow[]>;
  /** The totals of the rows that have been read. */
  total(): WrittenResults;
}

/** Reads all results without a sink. */
export function readResults(reading: ResultsReading): ReadResults {
  const tally = new Tally(reading);
  return { rows: () => talliedRows(reading, tally), total: () => tally.total() };
}

async function* talliedRows(
  { stage, partial = false, jobOfLine = false, chosenPartial, ...reading }: ResultsReading,
  tally: Tally,
): AsyncGenerator<readonly ResultRow[]> {
  const rows = readFamilyRows(reading, {
    partial,
    jobOfLine,
    ...definedFields({ chosenPartial }),
    onBatch: (outcome) => tally.add(outcome),
    onPartial: (some) => tally.addPartial(some),
    onRow: (row, job) => tally.addMerged(row, job),
  });
  for await (const some of stage === undefined ? rows : stage(rows)) {
    reading.signal.throwIfAborted();
    yield some;
  }
}

class Tally {
  readonly #failures = new FailureTally();
  #ok = 0;
  #failed = 0;
  #missing = 0;
  #firstMissing: number | undefined;
  #expected = 0;
  #partial: number | undefined;
  #damagedBatches = 0;
  readonly #damaged: DamagedBatch[] = [];

  readonly #batches: number;
  /** The number of items of a job with reruns. */
  readonly #items: number | undefined;
  /** The rows of each rerun. */
  readonly #reruns: Map<string, { readonly job: string; readonly state: JobState; items: number }> | undefined;

  constructor({ batches, family }: Pick<ResultsRequest, 'batches' | 'family'>) {
    this.#batches = batches;
    this.#items = family?.items;
    this.#reruns = family && new Map(family.reruns.map(({ job, state }) => [job, { job, state, items: 0 }]));
  }

  /** True when rows of reruns take the place of the job's own, so that each row is counted by itself. */
  get isMerged(): boolean {
    return this.#reruns !== undefined;
  }

  addMerged(row: ResultRow, job: string): void {
    if (this.#reruns === undefined) return;
    this.#addRow(row);
    const rerun = this.#reruns.get(job);
    if (rerun !== undefined) rerun.items += 1;
  }

  add({ batch, planned, checked }: CheckedBatch): void {
    this.#missUntil(batch);
    this.#expected = batch + 1;
    if (checked.kind === 'damaged') {
      this.#damagedBatches += 1;
      if (this.#damaged.length < NAMED_DAMAGED)
        this.#damaged.push({ batch, items: planned.items, fault: checked.fault });
      return;
    }
    if (this.isMerged) return;
    this.#ok += checked.ok;
    this.#failed += checked.failed;
    this.#failures.addAll(checked.failures);
  }

  addPartial(rows: readonly ResultRow[]): void {
    this.#partial = (this.#partial ?? 0) + rows.length;
    if (!this.isMerged) for (const row of rows) this.#addRow(row);
  }

  #addRow(row: ResultRow): void {
    if (row.ok) this.#ok += 1;
    else {
      this.#failed += 1;
      this.#failures.add(row.error);
    }
  }

  total(): WrittenResults {
    this.#missUntil(this.#batches);
    const ok = this.#ok;
    const failed = this.#failed;
    const batches = this.#batches;
    const items = ok + failed;
    const errors = this.#failures.errors();
    const reruns = this.#reruns && [...this.#reruns.values()];
    // Reruns may have the items of the batches that the job itself lacks.
    if (items === this.#items && reruns !== undefined)
      return { items, ok, failed, errors, batches, missingBatches: 0, damagedBatches: 0, damaged: [], reruns };
    const damaged = this.#damaged;
    const damagedBatches = this.#damagedBatches;
    const firstMissing = this.#firstMissing;
    return {
      items,
      ok,
      failed,
      errors,
      batches,
      missingBatches: this.#missing,
      ...definedFields({ firstMissing, partialItems: this.#partial, reruns }),
      damagedBatches,
      damaged,
    };
  }

  #missUntil(batch: number): void {
    if (batch > this.#expected) this.#firstMissing ??= this.#expected;
    this.#missing += batch - this.#expected;
    this.#expected = batch;
  }
}
