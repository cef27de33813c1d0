/** The ids and kept fields that are wanted of a dataset. */
import type { DatasetSpec } from '../../../core/contract/job.js';

export interface IdentityRequest {
  /** The dataset's name, for messages. */
  readonly name: string;
  readonly kind: DatasetSpec['kind'];
  readonly idField?: string;
  readonly keep?: readonly string[];
  /** The name of a file or object of the dataset; the dataset's own name when absent. */
  readonly sourceName?: (source: number) => string | undefined;
}
