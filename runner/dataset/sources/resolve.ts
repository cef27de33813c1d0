/**
 * Turns the arguments of a dataset into rows of sources, or into items that are files or objects. Sources are in the byte order of their names, whatever the order of
 * the arguments is, so that a glob means the same however a shell expands it.
 */
import path from 'node:path';
import { formatByName, roleByName } from '../../../core/dataset/dataset-format.js';
import { UserError } from '../../errors.js';
import type { FilesPlace } from '../files/walk-places.js';
import type { SourceObject, SourceObjects } from '../ports.js';
import { BucketResults, readObject } from './bucket-results.js';
import { compareBytes, lastName, misorderedNumbers } from './names.js';
import { objectSource, urlOf } from './object-source.js';
import { type FilesPart, findParts, type ObjectsPart, type Part, type PartsRequest } from './parts.js';
import { readManifestFile } from './own-results.js';
import { NameRoles, type Role, roleByBytes, type SeenRole } from './roles.js';
import type { Source } from './source.js';
import { refuseUnfinished } from './unfinished-parts.js';
import { MOST_FILES } from './walk-files.js';
import { outputNotice, resultsNotice, withoutResults } from './without-results.js';

export type Resolved =
  | { readonly kind: 'rows'; readonly sources: readonly Source[]; readonly notices: readonly string[] }
  /** Each object below a prefix is an item. */
  | { readonly kind: 'objects'; readonly parts: readonly ObjectsPart[]; readonly notices: readonly string[] }
  /** Each file of these places of this machine is an item. */
  | { readonly kind: 'files'; readonly places: readonly FilesPlace[]; readonly notices: readonly string[] };

export interface ResolveRequest extends PartsRequest {
  readonly name: string;
  /** Absolute paths that the command writes. The first is that of the results. */
  readonly outputs?: readonly string[];
}

/** Without `objects`, arguments in S3 are left out. Undefined when all are in S3 then. */
export async function resolveDataset(
  request: ResolveRequest,
  objects: SourceObjects | undefined,
  signal: AbortSignal,
): Promise<Resolved | undefined> {
  const named = await findParts(request, objects, signal);
  if (named.length === 0) return undefined;
  const { parts, leftOut } = await withoutResults(named);
  const told = outputNotice(parts, request.outputs);
  const found: FoundPart[] = [];
  for (const part of parts) found.push(await lookAt(part, request, objects, signal));
  const rows = found.find(({ role }) => role === 'rows');
  const files = found.find(({ role }) => role === 'files');
  if (rows !== undefined && files !== undefined) {
    throw new UserError(
      `The dataset mixes files of records (${rows.argument}) with files that are items themselves (${files.argument}). Submit them as two jobs, or make every file an item with --format files.`,
    );
  }
  if (rows !== undefined)
    return rowsOf(found, [...told, ...resultsNotice(request.name, [...leftOut.named, ...leftOut.found])]);
  const ofObjects = parts.filter((part) => part.kind === 'objects');
  // The files of folders are counted where they are walked.
  const notices = [...told, ...resultsNotice(request.name, leftOut.named), ...found.flatMap((part) => part.notices)];
  const places = parts.flatMap((part) => placeOf(part) ?? []);
  if (ofObjects.length > 0 && places.length > 0) {
    throw new UserError(
      'The items of a dataset are either files of this machine or objects in S3. Submit them as two jobs.',
    );
  }
  return places.length > 0 ? { kind: 'files', places, notices } : { kind: 'objects', parts: ofObjects, notices };
}

interface FoundPart {
  readonly argument: string;
  readonly role: Role;
  /** The sources of rows. Empty for other items. */
  readonly sources: readonly Source[];
  readonly notices: readonly string[];
}

async function lookAt(
  part: Part,
  request: ResolveRequest,
  objects: SourceObjects | undefined,
  signal: AbortSignal,
): Promise<FoundPart> {
  const { format } = request;
  if (part.kind === 'one') {
    const { source } = part;
    const role = roleOfOne(source, request);
    return { argument: source.name, role, sources: role === 'rows' ? [source] : [], notices: [] };
  }
  const { argument } = part;
  if (format === 'files') return { argument, role: 'files', sources: [], notices: [] };
  if (part.kind === 'files') {
    return lookAtFiles(part, { isStated: format !== undefined, cwd: request.cwd }, signal);
  }
  if (objects === undefined) throw new Error('Objects are only looked at with access to S3.');
  return lookAtObjects(part, format !== undefined, objects, signal);
}

/** One file is rows, unless `--format files` is given. One of several arguments may be what a shell made of a glob, so its name decides. */
function roleOfOne(source: Source, { format, arguments: { length } }: ResolveRequest): Role {
  if (format === 'files') {
    if (source.file !== undefined) return 'files';
    throw new UserError(
      `--format files needs files, folders or globs, or s3://bucket/prefix/, whose files are the items, and ${source.name} is ${source.again ? 'one object' : 'a pipe'}. ${source.again ? 'Give its prefix' : 'Save it to a file'}.`,
    );
  }
  // A text that is named is read line by line, and a spreadsheet is refused with what to do about it.
  const isDocument = formatByName(source.name).kind === 'unknown' && roleByName(lastName(source.name)) === 'other';
  const isItem = format === undefined && length > 1 && isDocument;
  return isItem && source.file !== undefined ? 'files' : 'rows';
}

/** The place of a part whose files are items. Undefined for objects in S3. */
function placeOf(part: Part): FilesPlace | undefined {
  if (part.kind === 'files') return part.place;
  if (part.kind === 'objects' || part.source.file === undefined) return undefined;
  return { kind: 'file', name: part.source.name, file: part.source.file };
}

async function lookAtFiles(
  part: FilesPart,
  { isStated, cwd }: { readonly isStated: boolean; readonly cwd: string },
  signal: AbortSignal,
): Promise<FoundPart> {
  const { argument, sources, leftOut, faults } = part;
  const roles = new NameRoles(argument);
  const data = isStated ? sources : sources.filter(({ name }) => roles.add(name));
  const { role, notice } = isStated ? ROWS : await seenRole(roles, inOrder(data), signal);
  if (role === 'files') return { argument, role, sources: [], notices: notice === undefined ? [] : [notice] };
  const [fault] = faults;
  if (fault !== undefined) throw fault;
  await refuseUnfinished(argument, { data, leftOut, read: (name) => readManifestFile(path.resolve(cwd, name)) });
  return { argument, role, sources: data, notices: leftOutNotices(argument, leftOut.filter(isUnderlined), roles) };
}

const ROWS: SeenRole = { role: 'rows' };

/** Bytes are looked at only where the names show nothing. */
async function seenRole({ role }: NameRoles, sources: readonly Source[], signal: AbortSignal): Promise<SeenRole> {
  return role === undefined ? roleByBytes(sources, signal) : { role };
}

const inOrder = (sources: readonly Source[]): readonly Source[] =>
  sources.toSorted((a, b) => compareBytes(a.name, b.name));

/** So many names show what a prefix holds. The listing goes on only when its objects are rows. */
const FIRST_NAMES = 10_000;

async function lookAtObjects(
  part: ObjectsPart,
  isStated: boolean,
  objects: SourceObjects,
  signal: AbortSignal,
): Promise<FoundPart> {
  const { argument, bucket } = part;
  const roles = new NameRoles(argument);
  const found: Source[] = [];
  /** Results of earlier jobs. They are data only when nothing else is there. */
  const results: Source[] = [];
  const leftOut: string[] = [];
  let seen: SeenRole | undefined = isStated ? ROWS : undefined;
  for await (const object of objectsOf(part, objects, signal)) {
    const place = { bucket, key: object.key };
    if (part.isLeftOut(object.key)) leftOut.push(urlOf(place));
    else if (object.isResult) results.push(objectSource(objects, place, object));
    else if (isStated || roles.add(urlOf(place))) found.push(objectSource(objects, place, object));
    if (found.length >= FIRST_NAMES) seen ??= await seenRole(roles, found, signal);
    if (seen?.role === 'files') break;
    if (found.length + results.length > MOST_FILES) throw tooMany(argument);
  }
  const data = found.length > 0 ? found : results.filter(({ name }) => isStated || roles.add(name));
  const { role, notice } = seen ?? (await seenRole(roles, data, signal));
  if (role === 'files') return { argument, role, sources: [], notices: notice === undefined ? [] : [notice] };
  const read = (url: string) =>
    readObject(objects, { bucket, key: url.slice(urlOf({ bucket, key: '' }).length) }, signal);
  await refuseUnfinished(argument, { data, leftOut, read });
  const names = data === found ? results.map(({ name }) => name) : [];
  const notices = leftOutNotices(argument, leftOut.filter(isUnderlined), roles);
  return { argument, role, sources: data, notices: [...resultsNotice(argument, names), ...notices] };
}

const tooMany = (argument: string): UserError =>
  new UserError(
    `The dataset ${argument} has more than ${MOST_FILES} files of records. Join them into fewer ones, or submit them as several jobs.`,
  );

export interface FoundObject extends SourceObject {
  /** It belongs to the results of an earlier job. */
  readonly isResult: boolean;
}

/** Lists the objects of the argument. A "folder" of the S3 console is an empty object that is no item. */
export async function* objectsOf(
  { bucket, prefix, matches }: ObjectsPart,
  objects: SourceObjects,
  signal: AbortSignal,
): AsyncGenerator<FoundObject> {
  const results = new BucketResults(bucket, objects, signal);
  for await (const object of objects.list(bucket, prefix, signal)) {
    // A glob may mean the parts of results, and not the claim beside them.
    const isResult = await results.has(object);
    if (!object.key.endsWith('/') && matches(object.key)) yield { ...object, isResult };
  }
}

/** Marks of programs are empty or have fixed names. Other names with an underscore at the beginning may be data, so they are told. */
const isUnderlined = (name: string): boolean => {
  const last = name.slice(name.lastIndexOf('/') + 1);
  return (
    last.startsWith('_') &&
    !/^_(success|metadata|common_metadata|(manifest|spotpool)\.json|delta_log|started|committed)/i.test(last)
  );
};

function leftOutNotices(argument: string, leftOut: readonly string[], { about }: NameRoles): readonly string[] {
  const underlined =
    leftOut.length === 0
      ? []
      : [
          `${leftOut.length === 1 ? `1 file of the dataset ${argument} has a name that begins with _ and is` : `${leftOut.length} files of the dataset ${argument} have names that begin with _ and are`} left out (the first is ${leftOut[0]}). To read them, give a glob that begins its name with _, such as '_*.csv'.`,
        ];
  const told =
    about === undefined ? [] : [`${about} is a text about the data, and is left out of the dataset ${argument}.`];
  return [...underlined, ...told];
}

function rowsOf(found: readonly FoundPart[], told: readonly string[]): Resolved {
  const sources = found.flatMap((part) => part.sources);
  const sorted = inOrder(sources);
  refuseTwice(sorted);
  const notices = [...told, ...found.flatMap((part) => part.notices)];
  const misordered = misorderedNumbers(sorted.map(({ name }) => name));
  if (misordered === undefined) return { kind: 'rows', sources: sorted, notices };
  const [before, after] = misordered;
  return {
    kind: 'rows',
    sources: sorted,
    notices: [
      ...notices,
      `The files are read in the byte order of their names, so ${before} comes before ${after}. For the order of their numbers, give the numbers as many digits.`,
    ],
  };
}

function refuseTwice(sources: readonly Source[]): void {
  const seen = new Map<string, Source>();
  for (const source of sources) {
    const before = seen.get(source.identity);
    seen.set(source.identity, source);
    if (before === undefined) continue;
    const same =
      before.name === source.name
        ? `${source.name} is`
        : `${before.name} and ${source.name} are the same file, which is`;
    throw new UserError(`${same} given twice, so each of its items would be computed twice. Give it once.`);
  }
}
