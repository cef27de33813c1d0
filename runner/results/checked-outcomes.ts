/** Reads a job's outcomes in dataset order. Each is checked against the plan before anybody gets its lines (R13). */
import type { ObjectStore } from '../../core/contract/object-store.js';
import { type CheckedOutcome, OutcomeCheck } from '../../core/batch/outcome-check.js';
import { count, plural } from '../display/format.js';
import { type Outcome, outcomesInOrder } from './outcomes-in-order.js';
import { PlannedBatches, type PlannedItems } from './planned-batches.js';

export interface OutcomeReading {
  readonly job: string;
  /** The job's number of batches, from its manifest. */
  readonly batches: number;
  readonly store: ObjectStore;
  readonly signal: AbortSignal;
  /** Only these batches are read, so that a second reading sees what the first saw. */
  readonly chosen?: ReadonlySet<number>;
  /** So many jobs are read at once, and share the memory; 1 when absent. */
  readonly readings?: number;
}

export interface CheckedBatch {
  readonly batch: number;
  readonly planned: PlannedItems;
  readonly checked: CheckedOutcome;
  /** The outcome's size in bytes. */
  readonly size: number;
  /** Reads the outcome's bytes from the beginning. They are whole result lines only when the outcome is valid. */
  readonly bytes: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export async function* checkedOutcomes({
  job,
  batches,
  store,
  signal,
  chosen,
  readings,
}: OutcomeReading): AsyncGenerator<CheckedBatch, void> {
  const plan = new PlannedBatches(store, job, signal);
  try {
    for await (const outcome of outcomesInOrder(store, job, signal, readings)) {
      if (outcome.batch >= batches) break; // the plan has no such batch
      if (chosen !== undefined && !chosen.has(outcome.batch)) continue;
      const planned = await plan.itemsOf(outcome.batch);
      const checked = await check(outcome, planned, signal);
      yield { batch: outcome.batch, planned, checked, size: outcome.size, bytes: () => bytesOf(outcome, planned) };
    }
  } finally {
    await plan.close();
  }
}

/** Checks the whole outcome before any of it is used, because a damaged outcome must not be written in part. */
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

const bytesOf = (outcome: Outcome, planned: PlannedItems): AsyncIterable<Uint8Array> | Iterable<Uint8Array> =>
  outcome.large ? checkedAgain(outcome, planned) : outcome.read();

/** A large outcome is fetched a second time, so it is checked a second time. */
async function* checkedAgain(outcome: Outcome, planned: PlannedItems): AsyncGenerator<Uint8Array> {
  const again = new OutcomeCheck(planned);
  for await (const chunk of outcome.read()) {
    again.push(chunk);
    yield chunk;
  }
  if (again.end().kind === 'valid') return;
  throw new Error(
    `The outcome of batch ${outcome.batch} changed while the results were written. Fetch the results again.`,
  );
}
