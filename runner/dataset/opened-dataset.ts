/** An opened dataset: a stream of items, whatever it is read from. */
import type { DatasetSample, DatasetSpec, IdentitySpec } from '../../core/contract/job.js';
import type { SourceLine } from '../../core/contract/source-line.js';
import type { FileUploads } from './files/file-uploads.js';
import type { FilesSample, SampleOfFiles } from './files/files-request.js';
import type { ItemGroup } from './item-group.js';
import type { Notify } from './notice.js';
import type { SpreadRead } from './sources/read-spread.js';

export interface ReadHooks {
  readonly notify?: Notify;
  /** True when the model is JavaScript, whose numbers cannot hold every integer. */
  readonly forJavaScript?: boolean;
  /** Takes the files of a dataset that is a folder. */
  readonly files?: FileUploads;
}

/** It is called with the number of files that were examined, and with that of all. */
export type CheckProgress = (files: number, total: number) => void;

export interface Dataset {
  readonly name: string;
  readonly kind: DatasetSpec['kind'];
  /** True when all of it is in regular files of this machine, so that a second reading costs nothing but time. */
  readonly isReadAgain?: boolean;
  /** The name of a file or object of the dataset, by its number. The dataset's own name when absent. */
  readonly sourceName?: (source: number) => string | undefined;
  /** The absolute paths of the files of this machine that it is read from. */
  readonly files?: readonly string[];
  /** The sample that is read, when it is one. */
  readonly sample?: DatasetSample;
  /** The files or objects that the rows are from. Absent when each of them is an item. */
  readonly sources?: DatasetSources;
  /** The groups have kept lines already, with these ids and fields. */
  readonly copied?: Pick<IdentitySpec, 'idField' | 'keep'>;
  /** Reads the dataset from the beginning. Each call reads it again, but the content of a pipe can be read only once. */
  read(signal: AbortSignal, hooks?: ReadHooks): AsyncGenerator<ItemGroup>;
  /** Refuses a file whose first bytes show that it is no dataset. It examines only regular files, because they can be read again. */
  check(signal: AbortSignal, onProgress?: CheckProgress): Promise<void>;
  /**
   * Reads about so many bytes of items, of files that are spread over all files. Undefined when all of them have no more, and absent for a dataset that is read
   * from its beginning.
   */
  readonly readSpread?: (most: number, signal: AbortSignal, hooks?: ReadHooks) => Promise<SpreadRead | undefined>;
  /** Reads some files of a folder that is the dataset, spread over it. Absent for other datasets. */
  readonly sampleFiles?: (most: SampleOfFiles, signal: AbortSignal) => Promise<FilesSample>;
}

export interface DatasetSources {
  readonly count: number;
  /** The sources that gave an item, with the items of each, as far as the dataset was read. */
  lines(): readonly SourceLine[];
}
