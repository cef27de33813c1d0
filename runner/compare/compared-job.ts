/** The figures of a job that a comparison shows beside those of others. */
import { definedFields } from '../../core/defined-fields.js';
import type { JobRecord } from '../../core/record/job-record.js';

export interface ComparedJob {
  readonly job: string;
  readonly name?: string;
  readonly model: string;
  readonly state: string;
  readonly items: { readonly total: number; readonly ok: number; readonly failed: number };
  /** From the submit to the end, or until now. */
  readonly seconds: number;
  readonly itemsPerSecond?: number;
  /** The median time of an item in the model. */
  readonly itemMs?: number;
  /** The most resident memory of one slot. */
  readonly slotMemoryBytes?: number;
  readonly instances?: number;
  readonly instanceSeconds?: number;
  readonly spotDollars?: number;
}

/** A figure that nobody measured is left out. */
export function comparedJob({ job, name, what, how, outcomes, pool, pace, cost }: JobRecord): ComparedJob {
  const { items } = outcomes;
  const done = items.ok + items.failed;
  const used =
    pool.instances.length === 0
      ? {}
      : {
          instances: pool.instances.length,
          instanceSeconds: cost.instanceSeconds,
          ...definedFields({ spotDollars: cost.spotDollars }),
        };
  return {
    job,
    ...definedFields({ name }),
    model: what.model.name,
    state: how.state,
    items,
    seconds: how.seconds,
    ...(how.seconds > 0 && done > 0 ? { itemsPerSecond: done / how.seconds } : {}),
    ...definedFields({ itemMs: pace.item?.medianMs, slotMemoryBytes: pace.slotMemoryBytes }),
    ...used,
  };
}
