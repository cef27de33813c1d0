/** Writes a job's outcomes as result lines in dataset order. Each outcome is first checked against the plan (R13). */
import { definedFields } from '../../core/defined-fields.js';
import { FailureTally, type ErrorCount } from '../../core/batch/failure-tally.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import { type CheckedOutcome, OutcomeCheck } from '../../core/batch/outcome-check.js';
import { count, plural } from '../display/format.js';
import { type Outcome, outcomesInOrder } from './outcomes-in-order.js';
import { PlannedBatches, type PlannedItems } from './planned-batches.js';
import type { Placed, ResultSink } from './result-sink.js';

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

export interface ResultsRequest {
  readonly job: string;
  /** The job's number of batches, from its manifest. */
  readonly batches: number;
  readonly store: ObjectStore;
  readonly sink: ResultSink;
  readonly signal: AbortSignal;
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

async function writeAll({ job, batches, store, sink, signal }: ResultsRequest): Promise<WrittenResults> {
  const tally = new Tally(batches);
  const plan = new PlannedBatches(store, job, signal);
  try {
    for await (const outcome of outcomesInOrder(store, job, signal)) {
      if (outcome.batch >= batches) break; // the plan has no such batch
      const planned = await plan.itemsOf(outcome.batch);
      const checked = await check(outcome, planned, signal);
      if (checked.kind === 'valid') await writeChecked(outcome, planned, { sink, signal });
      tally.add(outcome.batch, planned, checked);
    }
  } finally {
    await plan.close();
  }
  return tally.total();
}

/** Checks the whole outcome before any of it is written, because a damaged outcome must not be written in part. */
async function check(outcome: Outcome, planned: PlannedItems, signal: AbortSignal): Promise<CheckedOutcome> {
  const checking = new OutcomeCheck(planned);
  for await (const chunk of outcome.read()) {
    signal.throwIfAborted();
    checking.push(chunk);
  }
  return compareCounts(checking.end(), outcome);
}

/** The job's counts and its exit code come from the metadata of outcomes. So an outcome whose lines disagree with its metadata is damaged. */
function compareCounts(checked: CheckedOutcome, { counts }: Outcome): CheckedOutcome {
  if (checked.kind === 'damaged' || counts === undefined) return checked;
  const { ok, failed } = checked;
  if (counts.ok === ok && counts.failed === failed) return checked;
  const stated = `${plural(counts.ok, 'ok item')} and ${count(counts.failed)} failed`;
  return {
    kind: 'damaged',
    fault: `has metadata with ${stated}, but lines with ${count(ok)} ok and ${count(failed)} failed`,
  };
}

/** Writes a checked outcome. A large one is fetched a second time, so it is checked a second time. */
async function writeChecked(
  outcome: Outcome,
  planned: PlannedItems,
  { sink, signal }: Pick<ResultsRequest, 'sink' | 'signal'>,
): Promise<void> {
  const again = new OutcomeCheck(planned);
  for await (const chunk of outcome.read()) {
    signal.throwIfAborted();
    if (outcome.large) again.push(chunk);
    await sink.write(chunk);
  }
  const changed = outcome.large && again.end().kind !== 'valid';
  if (changed) {
    throw new Error(
      `The outcome of batch ${outcome.batch} changed while the results were written. Fetch the results again.`,
    );
  }
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

  add(batch: number, { items }: PlannedItems, checked: CheckedOutcome): void {
    this.#missUntil(batch);
    this.#expected = batch + 1;
    if (checked.kind === 'damaged') {
      this.#damagedBatches += 1;
      if (this.#damaged.length < NAMED_DAMAGED) this.#damaged.push({ batch, items, fault: checked.fault });
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
