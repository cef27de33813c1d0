/** The part of a submission that is special when its job is a rerun. */
import type { ProbeMark } from '../../core/contract/probe-mark.js';
import type { Dataset } from '../dataset/opened-dataset.js';

export interface RerunSource {
  readonly parent: string;
  /** The chosen items of the parent. */
  readonly dataset: Dataset;
  /** The pace of the parent's model, when the rerun has the same model and it was tried. */
  readonly pace?: ProbeMark;
  /** Writes the rerun's mark beside its parent, and its origins, before anything else of the job is written. */
  begin(job: string, signal: AbortSignal): Promise<void>;
}
