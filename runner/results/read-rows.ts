/** Reads the rows of a job in dataset order: those of its outcomes and, when they are wanted, those that workers have saved of unfinished batches. */
import type { ResultRow } from '../../core/contract/result-row.js';
import { type CheckedBatch, checkedOutcomes, type OutcomeReading } from './checked-outcomes.js';
import { PartialRows } from './partial-rows.js';
import { rowsOf } from './rows.js';
import type { SeenRows } from './seen-rows.js';

export interface RowReaders {
  readonly partial?: boolean;
  /** Only these rows of unfinished batches are read, so that a second reading sees what the first saw. */
  readonly chosenPartial?: SeenRows;
  /** Gets every outcome, damaged ones too. */
  readonly onBatch?: (batch: CheckedBatch) => void;
  /** Gets the rows of unfinished batches. */
  readonly onPartial?: (rows: readonly ResultRow[]) => void;
}

export async function* readRows(
  reading: OutcomeReading,
  { partial = false, chosenPartial, onBatch, onPartial }: RowReaders,
): AsyncGenerator<readonly ResultRow[]> {
  const saved = partial ? new PartialRows(reading) : undefined;
  const savedBefore = async function* (batch: number): AsyncGenerator<readonly ResultRow[]> {
    for await (const all of saved?.before(batch) ?? []) {
      const rows = chosenPartial === undefined ? all : all.filter(({ index }) => chosenPartial.has(index));
      if (rows.length === 0) continue;
      onPartial?.(rows);
      yield rows;
    }
  };
  try {
    for await (const outcome of checkedOutcomes(reading)) {
      yield* savedBefore(outcome.batch);
      onBatch?.(outcome);
      if (outcome.checked.kind === 'valid') yield* rowsOf(outcome);
      await saved?.skip(outcome.batch);
    }
    yield* savedBefore(reading.batches);
  } finally {
    await saved?.close();
  }
}
