/** The options by which the rows of files and objects are read. */
import type { ItemFormat } from '../../../core/dataset/dataset-format.js';
import type { BigIntegers } from '../big-integers.js';

export interface RowsRequest {
  /** The dataset's name, for messages. */
  readonly name: string;
  readonly strict?: boolean;
  readonly limit?: number;
  readonly format?: ItemFormat;
  readonly delimiter?: string;
  readonly columns?: readonly string[];
  readonly bigIntegers?: BigIntegers;
}
