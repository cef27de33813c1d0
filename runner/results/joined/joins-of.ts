/** Chooses what stands beside each outcome: ids and kept fields where the job has them, input and source where they are asked for. */
import type { ObjectStore } from '../../../core/contract/object-store.js';
import { definedFields } from '../../../core/defined-fields.js';
import type { JobProgress } from '../../controller/report.js';
import type { RowColumns } from '../row-sink.js';
import type { RowStage } from '../write-results.js';
import { joinRows } from './join-rows.js';

export interface JoinFlags {
  readonly withInput?: boolean | undefined;
  readonly withSource?: boolean | undefined;
  /** False leaves out ids and kept fields. */
  readonly ids?: boolean | undefined;
}

export interface Joins {
  readonly columns: RowColumns;
  /** Absent when nothing stands beside an outcome. */
  readonly stage?: RowStage;
}

export function joinsOf(
  { job, identity: stored }: Pick<JobProgress, 'job' | 'identity'>,
  { withInput = false, withSource = false, ids = true }: JoinFlags,
  { store, signal }: { readonly store: ObjectStore; readonly signal: AbortSignal },
): Joins {
  const identity = ids ? stored : undefined;
  const stage = joinRows({ job, store, signal, withInput, ...definedFields({ identity }) });
  return {
    columns: {
      hasId: identity?.idField !== undefined,
      keep: identity?.keep ?? [],
      hasInput: withInput,
      hasSource: withSource,
    },
    ...definedFields({ stage }),
  };
}
