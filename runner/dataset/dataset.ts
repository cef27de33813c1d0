/** Opens a dataset as a stream of items. A dataset is one or more files, globs, folders, standard input, or objects and prefixes in S3. */
import type { DatasetFormat, ItemFormat } from '../../core/dataset/dataset-format.js';
import type { DatasetSample, DatasetSpec } from '../../core/contract/job.js';
import { UserError } from '../errors.js';
import type { BigIntegers } from './big-integers.js';
import { datasetName } from './dataset-name.js';
import type { ItemGroup } from './item-group.js';
import type { Notify } from './notice.js';
import { openObjectsDataset } from './objects-dataset.js';
import type { SourceObjects } from './ports.js';
import { openRowsDataset } from './rows-dataset.js';
import { resolveDataset } from './sources/resolve.js';
import type { SourceFacts } from './sources/source.js';

export interface DatasetRequest {
  /** The dataset's arguments on the command line, unchanged. There is at least one. */
  readonly arguments: readonly string[];
  readonly cwd: string;
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
  /** Take so many items from all over the dataset. The same seed takes the same ones. */
  readonly sample?: DatasetSample;
  /** The field that holds an item's id. */
  readonly idField?: string;
  /** The fields that are kept for the results. */
  readonly keep?: readonly string[];
  /** How to treat integers beyond 2^53. */
  readonly bigIntegers?: BigIntegers;
}

export interface ReadHooks {
  readonly notify?: Notify;
  /** True when the model is JavaScript, whose numbers cannot hold every integer. */
  readonly forJavaScript?: boolean;
}

export interface Dataset {
  readonly name: string;
  readonly kind: DatasetSpec['kind'];
  /** True when it can be read more than once. A pipe cannot. */
  readonly again: boolean;
  /** The absolute paths of the files of this machine that it is read from. */
  readonly files: readonly string[];
  /** The files or objects that the rows are from. Absent when each of them is an item. */
  readonly sources?: DatasetSources;
  /** Reads the dataset from the beginning. Each call reads it again, but the content of a pipe can be read only once. */
  read(signal: AbortSignal, hooks?: ReadHooks): AsyncGenerator<ItemGroup>;
  /** Refuses a file whose first bytes show that it is no dataset. It examines only regular files, because they can be read again. */
  check(signal: AbortSignal): Promise<void>;
}

export interface DatasetSources {
  readonly count: number;
  /** True when a part of each source is read, so that records have other numbers than 1, 2, 3. */
  readonly sample?: DatasetSample;
  name(source: number): string;
  /** What is known of the source once it was opened. */
  facts(source: number): SourceFacts;
}

export async function openDataset(
  request: DatasetRequest,
  objects: SourceObjects,
  signal: AbortSignal,
): Promise<Dataset> {
  const opened = await open(request, objects, signal);
  if (opened === undefined) throw new Error('A dataset has an argument at least.');
  return opened;
}

/** Opens and checks what is on this machine. Undefined when all of the dataset is in S3, which is looked at later. */
export async function checkLocalDataset(request: DatasetRequest, signal: AbortSignal): Promise<Dataset | undefined> {
  const opened = await open(request, undefined, signal);
  await opened?.check(signal);
  return opened;
}

async function open(
  request: DatasetRequest,
  objects: SourceObjects | undefined,
  signal: AbortSignal,
): Promise<Dataset | undefined> {
  if (request.sample !== undefined && request.limit !== undefined) {
    throw new UserError('--sample and --limit both choose items. Give one of them.');
  }
  const name = datasetName(request.arguments);
  const resolved = await resolveDataset({ ...request, name }, objects, signal);
  if (resolved === undefined) return undefined;
  if (resolved.kind === 'rows') {
    const { format, ...others } = request;
    const rows = { ...others, name, ...(format === undefined || format === 'files' ? {} : { format }) };
    return openRowsDataset(rows satisfies { readonly format?: ItemFormat }, resolved);
  }
  refuseOptionsOfRecords(name, request);
  if (resolved.kind === 'files') {
    throw new UserError(
      `The dataset ${name} is a directory. Give one file of items. To use many files as items, upload them to S3 and give s3://bucket/prefix/.`,
    );
  }
  if (objects === undefined) return undefined;
  return openObjectsDataset({ ...request, name }, resolved.parts, objects);
}

function refuseOptionsOfRecords(name: string, { delimiter, columns }: DatasetRequest): void {
  if (delimiter === undefined && columns === undefined) return;
  throw new UserError(
    `${delimiter === undefined ? '--columns does' : '--delimiter does'} not apply to the dataset ${name}, because each of its files is one item. To read the rows of the files, state their format with --format.`,
  );
}
