/** Opens a dataset as a stream of items. A dataset is one or more files, globs, folders, standard input, or objects and prefixes in S3. */
import type { ItemFormat } from '../../core/dataset/dataset-format.js';
import type { DatasetSample } from '../../core/contract/job.js';
import { definedFields } from '../../core/defined-fields.js';
import { UserError } from '../errors.js';
import { datasetName } from './dataset-name.js';
import { openFilesDataset } from './files/files-dataset.js';
import { openObjectsDataset } from './objects-dataset.js';
import type { SourceObjects } from './ports.js';
import { openRowsDataset } from './rows-dataset.js';
import { type Resolved, resolveDataset } from './sources/resolve.js';
import type { DatasetRequest } from './dataset-request.js';
import type { CheckProgress, Dataset } from './opened-dataset.js';

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
export async function checkLocalDataset(
  request: DatasetRequest,
  signal: AbortSignal,
  onProgress?: CheckProgress,
): Promise<Dataset | undefined> {
  const opened = await open(request, undefined, signal);
  await opened?.check(signal, onProgress);
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
  const resolved: Resolved | undefined =
    request.items === undefined
      ? await resolveDataset({ ...request, name, outputs }, objects, signal)
      : { kind: 'rows', sources: [request.items], notices: [] };
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
  return openObjectsDataset({ ...options, name, ...definedFields({ sample }) }, resolved, objects);
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
