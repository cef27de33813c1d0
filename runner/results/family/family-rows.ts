/** Reads the rows of a job together with those of its reruns, in the order of the job's dataset. */
import { definedFields } from '../../../core/defined-fields.js';
import type { ResultRow } from '../../../core/contract/result-row.js';
import { mergeRows } from '../../../core/rerun/merge-rows.js';
import type { CheckedBatch, OutcomeReading } from '../checked-outcomes.js';
import { readRows, type RowReaders } from '../read-rows.js';
import type { SeenRows } from '../seen-rows.js';
import { originOf, Origins } from './origins.js';
import type { Family } from './read-family.js';

export interface FamilyReading extends OutcomeReading {
  /** The reruns through which the job's results show. Absent when there are none. */
  readonly family?: Family;
  /** Only these outcomes of reruns are read, so that a second reading sees what the first saw. */
  readonly chosenOf?: ReadonlyMap<string, SeenOutcomes>;
}

/** The batches with an outcome that a reading has seen, and the saved items of the other batches. */
export interface SeenOutcomes {
  readonly batches: Set<number>;
  readonly partial: SeenRows;
}

export interface FamilyReaders extends RowReaders {
  /** Gets every outcome of a rerun, damaged ones too. */
  readonly onRerunBatch?: (job: string, batch: CheckedBatch) => void;
  /** Gets the rows of unfinished batches of a rerun. */
  readonly onRerunPartial?: (job: string, rows: readonly ResultRow[]) => void;
  /** Gets each row of the result with the job that it is from, when there are reruns. */
  readonly onRow?: (row: ResultRow, job: string) => void;
  /** Name the job of each row. */
  readonly jobOfLine?: boolean;
}

export async function* readFamilyRows(
  { family, chosenOf, ...first }: FamilyReading,
  { onRerunBatch, onRerunPartial, onRow, jobOfLine = false, ...readers }: FamilyReaders,
): AsyncGenerator<readonly ResultRow[]> {
  const reruns = family?.reruns ?? [];
  if (reruns.length === 0) {
    yield* ownRows(first, readers, jobOfLine);
    return;
  }
  const shared = { ...first, readings: reruns.length + 1 };
  const streams = [
    readRows(shared, readers),
    ...reruns.map((rerun) => {
      const seen = chosenOf?.get(rerun.job);
      const { job, batches } = rerun;
      const { store, signal, readings } = shared;
      const onBatch = (batch: CheckedBatch): void => onRerunBatch?.(job, batch);
      const onPartial = (some: readonly ResultRow[]): void => onRerunPartial?.(job, some);
      const reading = { job, batches, store, signal, readings, ...definedFields({ chosen: seen?.batches }) };
      const { partial } = readers;
      const rows = readRows(reading, {
        onBatch,
        onPartial,
        ...definedFields({ partial, chosenPartial: seen?.partial }),
      });
      return atOrigins(rows, rerun.path, first);
    }),
  ];
  const jobs = [first.job, ...reruns.map(({ job }) => job)];
  yield* mergeRows<ResultRow>(streams, (row, stream) => {
    const job = jobs[stream] ?? first.job;
    onRow?.(row, job);
    return jobOfLine ? { ...row, job } : row;
  });
}

async function* ownRows(
  reading: OutcomeReading,
  readers: RowReaders,
  jobOfLine: boolean,
): AsyncGenerator<readonly ResultRow[]> {
  const { job } = reading;
  for await (const rows of readRows(reading, readers)) {
    yield jobOfLine ? rows.map((row) => ({ ...row, job })) : rows;
  }
}

/** Moves the rows of a rerun to their items in the first job of the path's end. Rows whose origin is damaged end the stream. */
export async function* atOrigins(
  rows: AsyncIterable<readonly ResultRow[]>,
  path: readonly string[],
  { store, signal }: Pick<OutcomeReading, 'store' | 'signal'>,
): AsyncGenerator<readonly ResultRow[]> {
  const ways = path.map((job) => new Origins(store, job, signal));
  try {
    for await (const some of rows) {
      const moved: ResultRow[] = [];
      for (const row of some) {
        const index = await originOf(row.index, ways);
        if (index !== undefined) moved.push({ ...row, index });
      }
      yield moved;
      if (moved.length < some.length) return;
    }
  } finally {
    for (const way of ways) await way.close();
  }
}
