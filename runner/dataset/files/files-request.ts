/** A request to open folders and files whose files are the items, and the sample that is taken of them. */
import type { DatasetSample } from '../../../core/contract/job.js';
import type { ObjectStore } from '../../../core/contract/object-store.js';
import type { ProbeItem } from '../../../core/probe/probe.js';
import type { PlacesRequest } from './walk-places.js';

export interface FilesRequest extends PlacesRequest {
  /** The dataset's name, for messages. */
  readonly name: string;
  /** The user is told these sentences when the files are read. */
  readonly notices?: readonly string[];
  /** True when a file that cannot be read is an error. Otherwise it is a failed item. */
  readonly strict: boolean;
  /** The number of files to read. All when absent. */
  readonly limit?: number;
  /** Take so many files from all over the folder. */
  readonly sample?: DatasetSample;
  /** The file that remembers digests between commands. Without it, all files are hashed. */
  readonly cache?: string;
}

/** The most items and bytes of a sample. */
export interface SampleOfFiles {
  readonly items: number;
  readonly bytes: number;
}

export interface FilesSample {
  readonly items: readonly ProbeItem[];
  /** How many files the folder has. */
  readonly seen: number;
  /** Reads the files that the items name. */
  readonly streams: Pick<ObjectStore, 'stream'>;
}
