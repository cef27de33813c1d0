/** A request to open a dataset: its arguments and options, as they come from the command line. */
import type { DatasetSample } from '../../core/contract/job.js';
import type { DatasetFormat } from '../../core/dataset/dataset-format.js';
import type { BigIntegers } from './big-integers.js';
import type { FilesRequest } from './files/files-request.js';
import type { Source } from './sources/source.js';

export interface DatasetRequest {
  /** The dataset's arguments on the command line, unchanged. There is at least one. */
  readonly arguments: readonly string[];
  readonly cwd: string;
  /** The items as JSON Lines, in place of what the arguments name. */
  readonly items?: Source;
  /** True when an unreadable line is an error. Otherwise it is a failed item. */
  readonly strict?: boolean;
  /** The number of items to read. All when absent. */
  readonly limit?: number;
  /** The format to read. It overrides the names and the first bytes. With `files` each file is an item. */
  readonly format?: DatasetFormat;
  /** The delimiter of CSV: one ASCII character. */
  readonly delimiter?: string;
  /** The columns to read, of formats that have columns. All when absent. */
  readonly columns?: readonly string[];
  /** Take so many items from all over the dataset. The same seed takes the same ones. Without a seed it is 0. */
  readonly sample?: SampleRequest;
  /** The field that holds an item's id. */
  readonly idField?: string;
  /** The fields that are kept for the results. */
  readonly keep?: readonly string[];
  /** How to treat integers beyond 2^53. */
  readonly bigIntegers?: BigIntegers;
  /** How the files of a folder are read. */
  readonly folder?: FolderRequest;
}

export type SampleRequest = Pick<DatasetSample, 'items'> & Partial<DatasetSample>;

/** These fields matter when the dataset is a folder of files. */
export type FolderRequest = Partial<Pick<FilesRequest, 'followLinks' | 'outputs' | 'cache'>>;
