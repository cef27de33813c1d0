/** From what the user named to a stream of items: a file, `s3://bucket/file`, or `s3://bucket/prefix/`. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { formatByName, type ItemFormat } from '../../core/dataset-format.js';
import type { ObjectReference } from '../../core/input-line.js';
import type { DatasetSpec } from '../../core/job.js';
import { UserError } from '../errors.js';
import { firstOfGroup, type ItemGroup } from './item-group.js';
import type { SourceObjects } from './ports.js';
import { readCsv } from './read-csv.js';
import { readJsonLines, readTextLines, type ReaderOptions } from './read-lines.js';
import { fileBytes, gunzip } from './source-bytes.js';

export interface DatasetRequest {
  /** As given on the command line. */
  readonly argument: string;
  readonly cwd: string;
  /** A line that cannot be read is an error, not a failed item. */
  readonly strict?: boolean;
  /** Only the first items. */
  readonly limit?: number;
}

export interface Dataset {
  readonly name: string;
  readonly kind: DatasetSpec['kind'];
  /** Reads it once, from the beginning; every call reads anew. */
  read(signal: AbortSignal): AsyncGenerator<ItemGroup>;
}

export async function openDataset(request: DatasetRequest, sources: SourceObjects): Promise<Dataset> {
  const name = request.argument;
  const place = name.startsWith('s3://') ? objectPlace(name) : await filePlace(name, request.cwd);
  if (place.kind === 'prefix') {
    const { bucket, prefix } = place;
    return {
      name,
      kind: 'objects',
      read: (signal) => limited(referenceGroups(sources, bucket, prefix, signal), request.limit),
    };
  }
  const format = formatByName(place.path);
  if (format.kind === 'unsupported') throw new UserError(`The dataset ${name} ${format.reason}.`);
  const options: ReaderOptions = { name, strict: request.strict ?? false };
  return {
    name,
    kind: 'lines',
    read: (signal) => {
      const stored =
        place.kind === 'file' ? fileBytes(place.path, name, signal) : sources.stream(place.bucket, place.path, signal);
      const bytes = format.gzip ? gunzip(stored, name, signal) : stored;
      return limited(READERS[format.format](bytes, options), request.limit);
    },
  };
}

const READERS: Readonly<Record<ItemFormat, typeof readCsv>> = {
  jsonl: readJsonLines,
  csv: readCsv,
  text: readTextLines,
};

type Place =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'object'; readonly bucket: string; readonly path: string }
  | { readonly kind: 'prefix'; readonly bucket: string; readonly prefix: string };

function objectPlace(url: string): Place {
  const match = /^s3:\/\/([^/]+)\/(.*)$/s.exec(url);
  const [, bucket, key] = match ?? [];
  if (bucket === undefined || key === undefined) {
    throw new UserError(
      `The dataset ${url} names no object. Write s3://bucket/file for a file of items, or s3://bucket/prefix/ (with the last slash) for objects that are the items.`,
    );
  }
  return key === '' || key.endsWith('/')
    ? { kind: 'prefix', bucket, prefix: key }
    : { kind: 'object', bucket, path: key };
}

async function filePlace(name: string, cwd: string): Promise<Place> {
  const file = path.resolve(cwd, name);
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) throw new UserError(`The dataset ${name} does not exist (looked for ${file}).`);
  if (found.isDirectory()) {
    throw new UserError(
      `The dataset ${name} is a directory. Give one file of items; for many files, upload them and give s3://bucket/prefix/.`,
    );
  }
  return { kind: 'file', path: file };
}

/** References to gather before they are passed on. */
const REFERENCES_PER_GROUP = 1_000;

async function* referenceGroups(
  sources: SourceObjects,
  bucket: string,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<ItemGroup> {
  let references: ObjectReference[] = [];
  for await (const { key, size } of sources.list(bucket, prefix, signal)) {
    if (key.endsWith('/')) continue; // a console's "folder": an empty object that is no item
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
