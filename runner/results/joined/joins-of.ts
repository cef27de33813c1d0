/** Chooses what stands beside each outcome: ids and kept fields where the job has them, input and source where they are asked for. */
import type { DatasetSpec } from '../../../core/contract/job.js';
import type { ObjectStore } from '../../../core/contract/object-store.js';
import { definedFields } from '../../../core/defined-fields.js';
import type { RowColumns } from '../row-sink.js';
import type { RowStage } from '../write-results.js';
import { type JoinRequest, joinRows } from './join-rows.js';

export interface JoinFlags {
  readonly withInput?: boolean | undefined;
  readonly withSource?: boolean | undefined;
  /** False leaves out ids and kept fields. */
  readonly ids?: boolean | undefined;
  /** The inputs of failed items go to this file. */
  readonly failedOut?: string | undefined;
  /** Name the job that computed each row. */
  readonly jobOfLine?: boolean | undefined;
}

export interface Joins {
  readonly columns: RowColumns;
  /** Absent when nothing stands beside an outcome. */
  readonly stage?: RowStage;
}

export function joinsOf(
  {
    job,
    dataset,
    lineage,
  }: {
    readonly job: string;
    readonly dataset: Pick<DatasetSpec, 'identity' | 'kind'>;
    readonly lineage?: readonly string[];
  },
  { withInput = false, withSource = false, ids = true, failedOut, jobOfLine = false }: JoinFlags,
  { store, signal }: { readonly store: ObjectStore; readonly signal: AbortSignal },
): Joins {
  const identity = ids ? dataset.identity : undefined;
  const inputOf: JoinRequest['inputOf'] = withInput ? 'all' : failedOut === undefined ? undefined : 'failed';
  const sourceOf = withSource ? dataset.kind : undefined;
  const stage = joinRows({ job, store, signal, ...definedFields({ identity, inputOf, sourceOf, lineage }) });
  return {
    columns: {
      hasId: identity?.idField !== undefined,
      keep: identity?.keep ?? [],
      hasInput: withInput,
      hasSource: withSource,
      hasJob: jobOfLine,
    },
    ...definedFields({ stage }),
  };
}
