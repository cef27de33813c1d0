/** Joins a job's outcomes into one text of result lines, in dataset order, once each has been checked against the plan (R13). */
import { definedFields } from '../../core/defined-fields.js';
import { FailureTally, type ErrorCount } from '../../core/batch/failure-tally.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import { type CheckedOutcome, OutcomeCheck } from '../../core/batch/outcome-check.js';
import { count, plural } from '../display/format.js';
import { type Outcome, outcomesInOrder } from './outcomes-in-order.js';
import { PlannedBatches, type PlannedItems } from './planned-batches.js';
import type { Placed, ResultSink } from './result-sink.js';

/** An outcome that is not what its batch asks for: nothing of it is in the results. */
export interface DamagedBatch {
  readonly batch: number;
  readonly items: number;
  /** A clause whose subject is the outcome. */
  readonly fault: string;
}

export interface WrittenResults {
  /** Lines written. */
  readonly items: number;
  readonly ok: number;
  readonly failed: number;
  /** Why items failed, the most frequent first. */
  readonly errors: readonly ErrorCount[];
  readonly batches: number;
  /** Batches without an outcome: their items are not in the results (yet). */
  readonly missingBatches: number;
  readonly firstMissing?: number;
  readonly damagedBatches: number;
  /** The first of them. */
  readonly damaged: readonly DamagedBatch[];
}

export interface ResultsRequest {
  readonly job: string;
  /** The number that the manifest gives. */
  readonly batches: number;
  readonly store: ObjectStore;
  readonly sink: ResultSink;
  readonly signal: AbortSignal;
}

/** Whoever has more of them than this has one trouble, not many. */
const NAMED_DAMAGED = 20;

/** Finishes the sink, or discards it when it throws. */
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
      if (outcome.batch >= batches) break; // the plan knows no such batch
      const planned = await plan.itemsOf(outcome.batch);
      const checked = await check(outcome, planned, signal);
      if (checked.kind === 'valid') await pass(outcome, planned, { sink, signal });
      tally.add(outcome.batch, planned, checked);
    }
  } finally {
    await plan.close();
  }
  return tally.total();
}

/** Reads all of it before any of it is passed on: of a damaged one, nothing is. */
async function check(outcome: Outcome, planned: PlannedItems, signal: AbortSignal): Promise<CheckedOutcome> {
  const checking = new OutcomeCheck(planned);
  for await (const chunk of outcome.read()) {
    signal.throwIfAborted();
    checking.push(chunk);
  }
  return agreeing(checking.end(), outcome);
}

/** The job's counts and exit code come from what outcomes say of themselves, so nothing is passed on that says something else. */
function agreeing(checked: CheckedOutcome, { counts }: Outcome): CheckedOutcome {
  if (checked.kind === 'damaged' || counts === undefined) return checked;
  const { ok, failed } = checked;
  if (counts.ok === ok && counts.failed === failed) return checked;
  const said = `${plural(counts.ok, 'item')} ${counts.ok === 1 ? 'is' : 'are'} ok and ${count(counts.failed)} failed`;
  return {
    kind: 'damaged',
    fault: `says in its metadata that ${said}, but its lines say ${count(ok)} and ${count(failed)}`,
  };
}

/** A large one is fetched a second time, and so believed only as far as it is looked at again. */
async function pass(
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
  if (changed) throw new Error(`The outcome of batch ${outcome.batch} was changed while the results were written.`);
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
