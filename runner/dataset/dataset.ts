/** Opens a dataset as a stream of items. A dataset is one or more files, globs, folders, standard input, or objects and prefixes in S3. */
import type { DatasetFormat, ItemFormat } from '../../core/dataset/dataset-format.js';
import type { DatasetSample, DatasetSpec, IdentitySpec } from '../../core/contract/job.js';
import type { SourceLine } from '../../core/contract/source-line.js';
import { definedFields } from '../../core/defined-fields.js';
import { UserError } from '../errors.js';
import type { BigIntegers } from './big-integers.js';
import { datasetName } from './dataset-name.js';
import type { FileUploads } from './files/file-uploads.js';
import { type FilesRequest, type FilesSample, openFilesDataset, type SampleOfFiles } from './files/files-dataset.js';
import type { ItemGroup } from './item-group.js';
import type { Notify } from './notice.js';
import { openObjectsDataset } from './objects-dataset.js';
import type { SourceObjects } from './ports.js';
import { openRowsDataset } from './rows-dataset.js';
import type { SpreadRead } from './sources/read-spread.js';
import { type Resolved, resolveDataset } from './sources/resolve.js';

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

export interface ReadHooks {
  readonly notify?: Notify;
  /** True when the model is JavaScript, whose numbers cannot hold every integer. */
  readonly forJavaScript?: boolean;
  /** Takes the files of a dataset that is a folder. */
  readonly files?: FileUploads;
}

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
  check(signal: AbortSignal): Promise<void>;
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
  const { sample: wanted, ...options } = request;
  const sample = wanted && { items: wanted.items, seed: wanted.seed ?? 0 };
  const outputs = request.folder?.outputs ?? [];
  const resolved = await resolveDataset({ ...request, name, outputs }, objects, signal);
  if (resolved === undefined) return undefined;
  if (resolved.kind === 'rows') {
    const { format, ...others } = options;
    const rows = {
      ...others,
      name,
      ...definedFields({ sample }),
      ...(format === undefined || format === 'files' ? {} : { format }),
    };
    return openRowsDataset(rows satisfies { readonly format?: ItemFormat }, resolved);
  }
  refuseOptionsOfRecords(name, request);
  if (resolved.kind === 'files') return openFiles(name, options, resolved, sample);
  if (objects === undefined) return undefined;
  return openObjectsDataset({ ...options, name, ...definedFields({ sample }) }, resolved.parts, objects);
}

function openFiles(
  name: string,
  request: Omit<DatasetRequest, 'sample'>,
  { places, notices }: Extract<Resolved, { readonly kind: 'files' }>,
  sample: DatasetSample | undefined,
): Dataset {
  const { strict = false, limit, folder = {} } = request;
  const files = openFilesDataset({
    name,
    places,
    notices,
    strict,
    followLinks: false,
    outputs: [],
    ...folder,
    ...definedFields({ limit, sample }),
  });
  return { ...files, files: places.map((place) => (place.kind === 'file' ? place.file : place.folder)) };
}

function refuseOptionsOfRecords(name: string, { delimiter, columns }: DatasetRequest): void {
  if (delimiter === undefined && columns === undefined) return;
  throw new UserError(
    `${delimiter === undefined ? '--columns does' : '--delimiter does'} not apply to the dataset ${name}, because each of its files is one item. To read the rows of the files, state their format with --format.`,
  );
}
