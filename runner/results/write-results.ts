/** Writes a job's outcomes as results in dataset order. */
import { definedFields } from '../../core/defined-fields.js';
import { FailureTally, type ErrorCount } from '../../core/batch/failure-tally.js';
import type { ResultRow } from '../../core/contract/result-row.js';
import { type CheckedBatch, checkedOutcomes, type OutcomeReading } from './checked-outcomes.js';
import type { Placed, RowSink } from './row-sink.js';
import { rowsOf } from './rows.js';

/** A batch whose outcome does not match the plan. None of its lines is in the results. */
export interface DamagedBatch {
  readonly batch: number;
  readonly items: number;
  /** A predicate whose subject is the outcome. */
  readonly fault: string;
}

export interface WrittenResults {
  /** The number of lines written. */
  readonly items: number;
  readonly ok: number;
  readonly failed: number;
  /** The error codes of failed items, the most frequent first. */
  readonly errors: readonly ErrorCount[];
  readonly batches: number;
  /** The number of batches without an outcome. Their items are not in the results (yet). */
  readonly missingBatches: number;
  readonly firstMissing?: number;
  readonly damagedBatches: number;
  /** The first damaged batches, at most `NAMED_DAMAGED` of them. */
  readonly damaged: readonly DamagedBatch[];
}

/** A stage between the outcomes and their sink. It keeps the order of rows, and may add to them or leave some out. */
export type RowStage = (rows: AsyncIterable<readonly ResultRow[]>) => AsyncIterable<readonly ResultRow[]>;

export interface ResultsRequest extends OutcomeReading {
  readonly sink: RowSink;
  /** Absent when every row is written as it is. */
  readonly stage?: RowStage;
}

/** This many damaged batches have one common cause, so more names would not help. */
const NAMED_DAMAGED = 20;

/** Writes all results and finishes the sink. On an error it discards the sink. */
export async function writeResults(request: ResultsRequest): Promise<WrittenResults & Placed> {
  const { sink } = request;
  try {
    const written = await writeAll(request);
    return { ...written, ...(await sink.finish()) };
  } catch (error) {
    await sink.discard();
    throw error;
  }
}

async function writeAll({ sink, stage, ...reading }: ResultsRequest): Promise<WrittenResults> {
  const tally = new Tally(reading.batches);
  const outcomes = counted(checkedOutcomes(reading), tally);
  if (stage === undefined && sink.writeLines !== undefined) {
    for await (const outcome of outcomes) {
      for await (const bytes of outcome.bytes()) {
        reading.signal.throwIfAborted();
        await sink.writeLines(bytes);
      }
    }
  } else {
    const rows = allRows(outcomes);
    for await (const some of stage === undefined ? rows : stage(rows)) {
      reading.signal.throwIfAborted();
      await sink.write(some);
    }
  }
  return tally.total();
}

/** Yields the valid outcomes, and counts all. */
async function* counted(outcomes: AsyncIterable<CheckedBatch>, tally: Tally): AsyncGenerator<CheckedBatch> {
  for await (const outcome of outcomes) {
    if (outcome.checked.kind === 'valid') yield outcome;
    tally.add(outcome);
  }
}

async function* allRows(outcomes: AsyncIterable<CheckedBatch>): AsyncGenerator<readonly ResultRow[]> {
  for await (const outcome of outcomes) yield* rowsOf(outcome);
}

class Tally {
  readonly #failures = new FailureTally();
  #ok = 0;
  #failed = 0;
  #missing = 0;
  #firstMissing: number | undefined;
  #expected = 0;
  #damagedBatches = 0;
  readonly #damaged: DamagedBatch[] = [];

  readonly #batches: number;

  constructor(batches: number) {
    this.#batches = batches;
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
    this.#ok += checked.ok;
    this.#failed += checked.failed;
    this.#failures.addAll(checked.failures);
  }

  total(): WrittenResults {
    this.#missUntil(this.#batches);
    const ok = this.#ok;
    const failed = this.#failed;
    const batches = this.#batches;
    const damaged = this.#damaged;
    const damagedBatches = this.#damagedBatches;
    const firstMissing = this.#firstMissing;
    return {
      items: ok + failed,
      ok,
      failed,
      errors: this.#failures.errors(),
      batches,
      missingBatches: this.#missing,
      ...definedFields({ firstMissing }),
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
