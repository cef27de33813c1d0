/** Opens a dataset as a stream of items. The dataset is a file, `s3://bucket/file`, or `s3://bucket/prefix/`. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { ItemFormat } from '../../core/dataset/dataset-format.js';
import type { ObjectReference } from '../../core/contract/input-line.js';
import type { DatasetSample, DatasetSpec } from '../../core/contract/job.js';
import { definedFields } from '../../core/defined-fields.js';
import { UserError } from '../errors.js';
import type { BigIntegers } from './big-integers.js';
import { datasetName } from './dataset-name.js';
import { firstOfGroup, type ItemGroup } from './item-group.js';
import type { Notify } from './notice.js';
import { openBytes } from './open-bytes.js';
import type { SourceObjects } from './ports.js';
import { readItems } from './read-items.js';
import { type FormatHints, readByName } from './recognise.js';
import { fileBytes } from './source-bytes.js';

export interface DatasetRequest {
  /** The dataset's arguments on the command line, unchanged. There is at least one. */
  readonly arguments: readonly string[];
  readonly cwd: string;
  /** True when an unreadable line is an error. Otherwise it is a failed item. */
  readonly strict?: boolean;
  /** The number of items to read. All when absent. */
  readonly limit?: number;
  /** The format to read. It overrides the file's name and first bytes. */
  readonly format?: ItemFormat;
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
  /** True when all of it is in regular files of this machine, so that a second reading costs nothing but time. */
  readonly isReadAgain?: boolean;
  /** The name of a file or object of the dataset, by its number. The dataset's own name when absent. */
  readonly sourceName?: (source: number) => string | undefined;
  /** Reads the dataset from the beginning. Each call reads it again, but the content of a pipe can be read only once. */
  read(signal: AbortSignal, hooks?: ReadHooks): AsyncGenerator<ItemGroup>;
  /** Refuses a file whose first bytes show that it is no dataset. It examines only regular files, because they can be read again. */
  check(signal: AbortSignal): Promise<void>;
}

export async function openDataset(request: DatasetRequest, sources: SourceObjects): Promise<Dataset> {
  const name = datasetName(request.arguments);
  if (request.arguments.length > 1) throw new UserError('Give one dataset.');
  const place = name.startsWith('s3://') ? objectPlace(name) : await filePlace(name, request.cwd);
  if (place.kind === 'prefix') {
    if (request.format !== undefined || request.delimiter !== undefined) throw new UserError(prefixHasNoFormat(name));
    const { bucket, prefix } = place;
    return {
      name,
      kind: 'objects',
      read: (signal) => limited(referenceGroups(sources, bucket, prefix, signal), request.limit),
      check: async () => undefined,
    };
  }
  const hints = formatHints(request);
  if (hints.format === undefined) readByName(name);
  const open = (signal: AbortSignal): AsyncIterable<Uint8Array> => {
    if (place.kind === 'object') return sources.stream(place.bucket, place.path, signal);
    return fileBytes(place.path, name, signal, place.pipe);
  };
  return {
    name,
    kind: 'lines',
    isReadAgain: place.kind === 'file' && place.again,
    read: (signal, hooks = {}) => readItems(open(signal), hints, { ...request, ...hooks }, signal),
    check: async (signal) => {
      if (place.kind !== 'file' || !place.again) return;
      const { source } = await openBytes(open(signal), hints, signal);
      await source.close();
    },
  };
}

function formatHints({ arguments: given, format, delimiter }: DatasetRequest): FormatHints {
  return {
    name: datasetName(given),
    ...definedFields({ format, delimiter }),
  };
}

const prefixHasNoFormat = (name: string): string =>
  `--format and --delimiter do not apply to the dataset ${name}, because each object under this prefix is one item. For one file of items, give its full name.`;

type Place =
  /** `again`: a regular file, which can be read again. */
  | { readonly kind: 'file'; readonly path: string; readonly again: boolean; readonly pipe: boolean }
  | { readonly kind: 'object'; readonly bucket: string; readonly path: string }
  | { readonly kind: 'prefix'; readonly bucket: string; readonly prefix: string };

function objectPlace(url: string): Place {
  const match = /^s3:\/\/([^/]+)\/(.*)$/s.exec(url);
  const [, bucket, key] = match ?? [];
  if (bucket === undefined || key === undefined) {
    throw new UserError(
      `The dataset ${url} names no object. Write s3://bucket/file for a file of items. For a prefix whose objects are the items, write s3://bucket/prefix/ with a slash at the end.`,
    );
  }
  return key === '' || key.endsWith('/')
    ? { kind: 'prefix', bucket, prefix: key }
    : { kind: 'object', bucket, path: key };
}

async function filePlace(name: string, cwd: string): Promise<Place> {
  const file = name === '-' ? '/dev/stdin' : path.resolve(cwd, name);
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) throw new UserError(`The dataset ${name} does not exist (no file ${file}).`);
  if (found.isDirectory()) {
    throw new UserError(
      `The dataset ${name} is a directory. Give one file of items. To use many files as items, upload them to S3 and give s3://bucket/prefix/.`,
    );
  }
  return { kind: 'file', path: file, again: found.isFile(), pipe: found.isFIFO() };
}

/** The number of object references in one group. */
const REFERENCES_PER_GROUP = 1_000;

async function* referenceGroups(
  sources: SourceObjects,
  bucket: string,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<ItemGroup> {
  let references: ObjectReference[] = [];
  for await (const { key, size } of sources.list(bucket, prefix, signal)) {
    if (key.endsWith('/')) continue; // a "folder" of the S3 console: an empty object that is no item
    references.push({ bucket, key, size });
    if (references.length < REFERENCES_PER_GROUP) continue;
    yield referenceGroup(references);
    references = [];
  }
  if (references.length > 0) yield referenceGroup(references);
}

function referenceGroup(references: readonly ObjectReference[]): ItemGroup {
  const lines = references.map((reference) => Buffer.from(`${JSON.stringify(reference)}\n`));
  let end = 0;
  return {
    bytes: Buffer.concat(lines),
    ends: lines.map((line) => (end += line.length)),
    weights: references.map(({ size }) => size),
  };
}

async function* limited(groups: AsyncGenerator<ItemGroup>, limit = Infinity): AsyncGenerator<ItemGroup> {
  let left = limit;
  for await (const group of groups) {
    const first = firstOfGroup(group, left);
    yield first;
    left -= first.ends.length;
    if (left <= 0) return;
  }
}
