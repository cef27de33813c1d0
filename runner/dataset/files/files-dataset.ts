/**
 * Folders and files of this machine whose files are the items. Each line names an object `files/<sha256>` of the stack's bucket, and the file's path in its folder.
 *
 * Invariants:
 * - The lines depend on the names and bytes of the files alone, never on timing: they come in the byte order of the names.
 * - When a line is read, its file was offered to the upload (file-uploads.ts). The first lines are read before the upload begins, because the model is tried
 *   with them.
 * - A file that cannot be read is a failed item, or with `strict` an error. A folder that cannot be read is an error, because nobody knows what it holds.
 */
import path from 'node:path';
import { stat } from 'node:fs/promises';
import { decodeInputLine, encodeBadLine, type ObjectReference } from '../../../core/contract/input-line.js';
import { fileKey } from '../../../core/contract/keys.js';
import { ITEM_ERROR_CODES } from '../../../core/contract/result-line.js';
import { Reservoir } from '../../../core/dataset/reservoir.js';
import { definedFields } from '../../../core/defined-fields.js';
import { mapBounded } from '../../../core/map-bounded.js';
import type { ProbeItem } from '../../../core/probe/probe.js';
import { SpreadSample } from '../../../core/probe/spread-sample.js';
import { oneLine } from '../../display/format.js';
import { UserError } from '../../errors.js';
import { DigestCache, identityOf } from '../../weights/digest-cache.js';
import type { Dataset, ReadHooks } from '../opened-dataset.js';
import type { ItemGroup } from '../item-group.js';
import { FileUploads } from './file-uploads.js';
import { type FolderFile, leftOutText, type WalkedFolder } from './folder-walk.js';
import { inOrder } from './in-order.js';
import { FileChanged, FileFault, type HashedFile, readFile, WHOLE_BYTES } from './read-file.js';
import { Room } from './room.js';
import { isOneFolder, walkPlaces } from './walk-places.js';
import type { FilesRequest, SampleOfFiles, FilesSample } from './files-request.js';

/** The memory for files: at most 48 small ones, or four large ones, whose uploads hold three parts each. */
const ROOM = { bytes: 96 * 1024 * 1024, leastBytes: 2 * 1024 * 1024 };
const LARGE_ROOM_BYTES = 24 * 1024 * 1024;
/** Enough that one large file does not keep the small ones behind it waiting. */
const FILES_AHEAD = 1_024;
const LINES_PER_GROUP = 256;
/** The files that are read before anything is sent: the model is tried with them. */
const FIRST_FILES = 8;
/** A file that changes all the time is given up. */
const MOST_TRIES = 3;
/** An entry has about 300 bytes. */
const CACHE_BOUNDS = { leastBytes: 0n, mostEntries: 200_000 };

export function openFilesDataset(request: FilesRequest): Dataset {
  let walked: Promise<WalkedFolder> | undefined;
  /** The folders are walked once. */
  const walk = (signal: AbortSignal): Promise<WalkedFolder> => (walked ??= walkPlaces(request, signal));
  const walkToLimit = async (signal: AbortSignal): Promise<WalkedFolder> => {
    const folder = await walk(signal);
    return { ...folder, files: chosenOf(folder.files, request) };
  };
  return {
    name: request.name,
    kind: 'objects',
    ...definedFields({ sample: request.sample }),
    check: async (signal) => void (await walk(signal)),
    read: async function* (signal, hooks = {}) {
      const folder = await walkToLimit(signal);
      for (const message of request.notices ?? []) hooks.notify?.({ level: 'info', code: 'files-left-out', message });
      tellLeftOut(request, folder, hooks);
      yield* readFiles(request, folder, hooks, signal);
    },
    sampleFiles: async (most, signal) => sampleFiles(await walkToLimit(signal), most, signal),
  };
}

/** The names are known, so that only the files of a sample are read and uploaded. */
function chosenOf(files: readonly FolderFile[], { limit, sample }: FilesRequest): readonly FolderFile[] {
  if (sample === undefined) return files.slice(0, limit);
  const reservoir = new Reservoir(sample.items, sample.seed);
  const chosen: number[] = [];
  for (const index of files.keys()) {
    const place = reservoir.next();
    if (place !== undefined) chosen[place] = index;
  }
  return chosen.sort((a, b) => a - b).flatMap((index) => files[index] ?? []);
}

async function sampleFiles({ files }: WalkedFolder, most: SampleOfFiles, signal: AbortSignal): Promise<FilesSample> {
  const spread = new SpreadSample<number>(most);
  for (const [index, { bytes }] of files.entries()) spread.add(index, bytes, index);
  // Nothing is uploaded, so no bucket has the files.
  const uploads = new FileUploads('this-machine');
  const reader = new FileReader(uploads, await DigestCache.read(undefined));
  const read = async (index: number): Promise<ProbeItem> => {
    const { line } = await reader.lineOf(files[index] as FolderFile, signal);
    return { index, input: decodeInputLine(line) };
  };
  const items = await mapBounded(spread.take(), FIRST_FILES, read);
  return { items, seen: files.length, streams: uploads.streams };
}

function tellLeftOut(request: FilesRequest, { leftOut }: WalkedFolder, { notify }: ReadHooks): void {
  const text = leftOutText(leftOut);
  if (text === undefined) return;
  const which = `the ${isOneFolder(request.places) ? 'folder' : 'dataset'} ${request.name}`;
  notify?.({ level: 'info', code: 'files-left-out', message: `Left out of ${which}: ${text}.` });
}

async function* readFiles(
  request: FilesRequest,
  { files }: WalkedFolder,
  { files: uploads }: ReadHooks,
  signal: AbortSignal,
): AsyncGenerator<ItemGroup> {
  if (uploads === undefined) throw new Error('A folder of files is only read with an upload.');
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  uploads.expect(files.length, bytes);
  const cache = await DigestCache.read(request.cache, CACHE_BOUNDS);
  const reader = new FileReader(uploads, cache);
  try {
    for (const some of [files.slice(0, FIRST_FILES), files.slice(FIRST_FILES)]) {
      yield* grouped(requireReadable(request, inOrder(some, FILES_AHEAD, reader.lineOf, signal)));
    }
  } finally {
    await cache.save();
    await uploads.settled();
  }
}

interface FileLine {
  readonly line: string;
  /** The sentence part of a file that cannot be read. */
  readonly fault?: string;
  /** The bytes that a worker fetches. */
  readonly bytes: number;
}

class FileReader {
  readonly #room = new Room(ROOM);
  readonly #uploads: FileUploads;
  readonly #cache: DigestCache;

  constructor(uploads: FileUploads, cache: DigestCache) {
    this.#uploads = uploads;
    this.#cache = cache;
  }

  readonly lineOf = async (file: FolderFile, signal: AbortSignal): Promise<FileLine> => {
    const { bytes } = file;
    const room = bytes > WHOLE_BYTES ? LARGE_ROOM_BYTES : bytes;
    const line = await this.#room.with(room, () => this.#read(file, signal));
    this.#uploads.count(bytes);
    return line;
  };

  async #read({ root, name }: FolderFile, signal: AbortSignal): Promise<FileLine> {
    for (let tries = 1; ; tries += 1) {
      signal.throwIfAborted();
      try {
        const { digest, bytes } = await this.#stored(path.join(root, name), signal);
        const reference: ObjectReference = { bucket: this.#uploads.bucket, key: fileKey(digest), size: bytes, name };
        return { line: JSON.stringify(reference), bytes };
      } catch (error) {
        if (!(error instanceof FileFault)) throw error;
        if (error instanceof FileChanged && tries < MOST_TRIES) continue;
        return failedLine(name, error);
      }
    }
  }

  async #stored(file: string, signal: AbortSignal): Promise<Pick<HashedFile, 'digest' | 'bytes'>> {
    const known = await this.#remembered(file);
    if (known !== undefined) return known;
    const { stats, ...hashed } = await readFile(file, signal);
    await this.#uploads.offer(hashed);
    this.#cache.remember(file, stats, hashed.digest);
    return hashed;
  }

  /** The digest of a file that did not change since an earlier command, if the bucket has its bytes. */
  async #remembered(file: string): Promise<Pick<HashedFile, 'digest' | 'bytes'> | undefined> {
    if (!this.#cache.knows(file)) return undefined;
    const stats = await stat(file, { bigint: true }).catch(() => undefined);
    const identity = stats && identityOf(stats);
    const digest = identity && this.#cache.digestOf(file, identity);
    if (stats === undefined || identity === undefined || digest === undefined) return undefined;
    const bytes = Number(stats.size);
    if (this.#uploads.isWaiting) await this.#uploads.offer({ path: file, bytes, digest, identity });
    return (await this.#uploads.has(digest, bytes)) ? { digest, bytes } : undefined;
  }
}

/** Throws for the first file in order, whichever was found first. */
async function* requireReadable(
  { strict, name }: FilesRequest,
  lines: AsyncIterable<FileLine>,
): AsyncGenerator<FileLine> {
  for await (const line of lines) {
    if (strict && line.fault !== undefined) {
      throw new UserError(`${name}: ${line.fault}. Without --strict this file is a failed item.`);
    }
    yield line;
  }
}

function failedLine(name: string, { message: reason }: FileFault): FileLine {
  const message = `the file ${oneLine(name)} ${reason}`;
  return { line: encodeBadLine({ code: ITEM_ERROR_CODES.badItem, message }), bytes: 0, fault: message };
}

async function* grouped(lines: AsyncIterable<FileLine>): AsyncGenerator<ItemGroup> {
  let some: FileLine[] = [];
  for await (const line of lines) {
    some.push(line);
    if (some.length < LINES_PER_GROUP) continue;
    yield groupOf(some);
    some = [];
  }
  if (some.length > 0) yield groupOf(some);
}

function groupOf(lines: readonly FileLine[]): ItemGroup {
  const texts = lines.map(({ line }) => Buffer.from(`${line}\n`));
  let end = 0;
  return {
    bytes: Buffer.concat(texts),
    ends: texts.map((text) => (end += text.length)),
    weights: lines.map(({ bytes }) => bytes),
  };
}
