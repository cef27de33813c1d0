/** Finds what each argument of a dataset names: one file or object, the files below a folder, or the objects below a prefix. */
import path from 'node:path';
import type { DatasetFormat } from '../../../core/dataset/dataset-format.js';
import { UserError } from '../../errors.js';
import type { FilesPlace } from '../files/walk-places.js';
import type { SourceObjects } from '../ports.js';
import { type Glob, isGlob, parseGlob } from './glob.js';
import { fileSource, namedFile, STANDARD_INPUT } from './local-source.js';
import { isLeftOut } from './names.js';
import { objectSource } from './object-source.js';
import type { Source } from './source.js';
import { findFiles, type FoundFile } from './walk-files.js';

/** One argument of the dataset. */
export type Part =
  /** A file, an object or a pipe, which the argument names. */
  { readonly kind: 'one'; readonly source: Source } | FilesPart | ObjectsPart;

export interface FilesPart {
  readonly kind: 'files';
  readonly argument: string;
  /** Where the files are, when each of them is an item. */
  readonly place: FilesPlace;
  /** Empty for a folder whose files are items by the user's word, because it is walked by other rules (files/folder-walk.ts). */
  readonly sources: readonly Source[];
  readonly leftOut: readonly string[];
  /** Results of earlier jobs. They are not among the sources. */
  readonly results: readonly Source[];
  /** Links that lead nowhere, sockets and the like. They are errors when the files are rows. */
  readonly faults: readonly UserError[];
}

export interface ObjectsPart {
  readonly kind: 'objects';
  readonly argument: string;
  readonly bucket: string;
  readonly prefix: string;
  /** The part of each key that is not in the name of the item. */
  readonly base: string;
  /** True for the keys that the argument means. */
  readonly matches: (key: string) => boolean;
  /** True for keys that are no data when the objects are rows. */
  readonly isLeftOut: (key: string) => boolean;
}

export interface PartsRequest {
  readonly arguments: readonly string[];
  readonly cwd: string;
  readonly format?: DatasetFormat;
}

/** Without `objects` the arguments in S3 are only checked for their form. */
export async function findParts(
  request: PartsRequest,
  objects: SourceObjects | undefined,
  signal: AbortSignal,
): Promise<readonly Part[]> {
  const parts: Part[] = [];
  for (const argument of request.arguments) {
    if (!argument.startsWith('s3://')) parts.push(await localPart(argument, request, signal));
    else {
      const part = await objectPart(argument, objects, signal);
      if (part !== undefined) parts.push(part);
    }
  }
  return parts;
}

async function localPart(argument: string, { cwd, format }: PartsRequest, signal: AbortSignal): Promise<Part> {
  const named = await namedFile(argument, cwd);
  if (named === 'folder') {
    const folder = path.resolve(cwd, argument);
    if (format === 'files') {
      const place = { kind: 'folder', name: argument, folder } as const;
      return { kind: 'files', argument, place, sources: [], leftOut: [], results: [], faults: [] };
    }
    return folderPart(argument, folder, signal);
  }
  if (named !== undefined) return { kind: 'one', source: named };
  if (argument === STANDARD_INPUT || !isGlob(argument)) {
    throw new UserError(`The dataset ${argument} does not exist (no file ${path.resolve(cwd, argument)}).`);
  }
  return globPart(argument, cwd, signal);
}

async function folderPart(argument: string, root: string, signal: AbortSignal): Promise<FilesPart> {
  const everything = (): boolean => true;
  const search = { name: argument, root, wanted: everything, leadsTo: everything, isLeftOut };
  const { files, leftOut, results, faults } = await findFiles(search, signal);
  const before = argument.endsWith('/') ? argument : `${argument}/`;
  const sourceOf = ({ place, real }: FoundFile): Source => fileSource(before + place, path.join(root, place), real);
  const place = { kind: 'folder', name: argument, folder: root } as const;
  return {
    kind: 'files',
    argument,
    place,
    sources: files.map(sourceOf),
    leftOut: leftOut.map((file) => before + file),
    results: results.map(sourceOf),
    faults,
  };
}

async function globPart(argument: string, cwd: string, signal: AbortSignal): Promise<FilesPart> {
  const glob = parseGlob(argument);
  const { base } = glob;
  const root = path.resolve(cwd, base);
  if ((await namedFile(base === '' ? '.' : base, cwd)) !== 'folder') {
    throw new UserError(`No file matches the dataset ${argument}, because there is no folder ${root}.`);
  }
  const search = {
    name: base === '' ? '.' : base,
    root,
    wanted: (place: string) => glob.matches(base + place),
    leadsTo: (place: string) => glob.leadsTo(place),
    isLeftOut: leftOutBy(argument),
  };
  const { files, leftOut, results, faults } = await findFiles(search, signal);
  if (files.length === 0 && results.length === 0 && faults.length === 0) {
    throw new UserError(
      `No file matches the dataset ${argument} (in the folder ${root}). Use ** for folders of any depth, as in data/**/*.csv.`,
    );
  }
  const sourceOf = ({ place, real }: FoundFile): Source => fileSource(base + place, path.join(root, place), real);
  return {
    kind: 'files',
    argument,
    place: { kind: 'folder', name: argument, folder: root, only: { wanted: search.wanted, leadsTo: search.leadsTo } },
    sources: files.map(sourceOf),
    leftOut: leftOut.map((file) => base + file),
    results: results.map(sourceOf),
    faults,
  };
}

/** A pattern that itself has a name with such a beginning means those files. */
const leftOutBy = (pattern: string): ((name: string) => boolean) =>
  pattern.split('/').some((segment) => /^(_|\.[^./])/.test(segment)) ? () => false : isLeftOut;

async function objectPart(
  url: string,
  objects: SourceObjects | undefined,
  signal: AbortSignal,
): Promise<Part | undefined> {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(url) ?? [];
  if (bucket === undefined || key === undefined) {
    throw new UserError(
      `The dataset ${url} names no object. Write s3://bucket/file for a file of items. For the objects below a prefix, write s3://bucket/prefix/ with a slash at the end.`,
    );
  }
  if (objects === undefined) return undefined;
  const literal = (await isObject(objects, { bucket, key }, signal)) ? undefined : globOf(key);
  if (literal !== undefined) return globOfObjects(url, { bucket, key }, literal);
  if (key !== '' && !key.endsWith('/')) return { kind: 'one', source: objectSource(objects, { bucket, key }) };
  const leftOut = (at: string): boolean => at.slice(key.length).split('/').some(isLeftOut);
  return { kind: 'objects', argument: url, bucket, prefix: key, base: key, matches: () => true, isLeftOut: leftOut };
}

const globOf = (key: string): Glob | undefined => (isGlob(key) ? parseGlob(key) : undefined);

/** An object whose name has a wildcard in it is that object. */
async function isObject(
  objects: SourceObjects,
  { bucket, key }: { readonly bucket: string; readonly key: string },
  signal: AbortSignal,
): Promise<boolean> {
  if (!isGlob(key) || key.endsWith('/')) return false;
  return (await objects.head(bucket, key, signal)) !== undefined;
}

function globOfObjects(
  url: string,
  { bucket, key }: { readonly bucket: string; readonly key: string },
  glob: Glob,
): ObjectsPart {
  const leftOut = leftOutBy(key);
  return {
    kind: 'objects',
    argument: url,
    bucket,
    prefix: glob.literal,
    base: glob.base,
    matches: (at) => glob.matches(at),
    isLeftOut: (at) => at.slice(glob.base.length).split('/').some(leftOut),
  };
}
