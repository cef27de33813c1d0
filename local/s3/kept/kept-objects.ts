/**
 * Buckets that outlive the process, in a directory of their own. A journal has every change, and the bytes of small
 * bodies. Each larger body is a file.
 *
 * Invariants:
 * - An object is whole or absent. A body's file is written beside, synced and named before the record that names it.
 * - A file of a body is removed only after the record that gives it up is durable.
 * - An upload in parts that was not completed leaves nothing: its files are removed at the next start.
 * - The journal grows to at most twice what is live, and some more: its oldest file is written again at the end, and
 *   removed (cleaning.ts). So a deletion may be forgotten as soon as it is in the oldest file.
 */
import { readdir, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { makePrivateDirectory } from '../../instances/private-files.js';
import { Body, FileSource, type Piece, SmallSource } from '../body.js';
import { BodyStore } from '../body-store.js';
import { Bucket, Buckets, type StoredObject } from '../buckets.js';
import { DiskKeeper } from './disk-keeper.js';
import { Journal } from './journal.js';
import { BODY_FILE, type RecordText } from './records.js';
import { type FoundRecord, replay } from './replay.js';
import { numberOfSegment, Segment } from './segment.js';

export interface KeptObjects {
  readonly buckets: Buckets;
  readonly bodies: BodyStore;
  /** Waits for the changes that are being written. No request may be at work. */
  close(): Promise<void>;
}

export interface KeptOptions {
  readonly memoryBudgetBytes?: number;
  readonly segmentBytes?: number;
  readonly leastDeadBytes?: number;
  /** Reports in a sentence what was damaged. */
  readonly onDamage?: (sentence: string) => void;
}

type PutText = Extract<RecordText, { op: 'put' }>;
type BucketText = Extract<RecordText, { op: 'bucket' }>;

interface Found<Text> extends Omit<FoundRecord, 'text'> {
  readonly text: Text;
}

interface FoundBucket {
  described: Found<BucketText> | undefined;
  readonly objects: Map<string, Found<PutText>>;
}

export async function openKeptObjects(directory: string, options: KeptOptions = {}): Promise<KeptObjects> {
  const [journalDirectory, bodyDirectory] = [path.join(directory, 'journal'), path.join(directory, 'bodies')];
  for (const each of [journalDirectory, bodyDirectory]) makePrivateDirectory(each);
  const files = await sizesOf(bodyDirectory);
  const segments = await openSegments(journalDirectory);
  const found = await readAll(segments, files, options.onDamage);

  const bodies = new BodyStore(bodyDirectory, options.memoryBudgetBytes, { isSynced: true });
  const keeper = new DiskKeeper({ bodies, leastDeadBytes: options.leastDeadBytes });
  const buckets = new Buckets(keeper);
  const sources = new Map<string, FileSource>();
  for (const [name, { described, objects }] of found) {
    if (described === undefined) continue;
    const { location, createdAtMs, configuration } = described.text;
    const bucket = new Bucket(name, location, createdAtMs, keeper);
    for (const [subresource, document] of configuration) bucket.configuration.set(subresource, document);
    buckets.restore(bucket);
    keeper.foundBucket(bucket, described);
    for (const [key, record] of objects) {
      const object = objectOf(record, bodyDirectory, sources);
      bucket.objects.set(key, object);
      keeper.foundObject(object, record);
    }
  }
  for (const name of files.keys()) if (!sources.has(name)) await unlink(path.join(bodyDirectory, name));
  const journal = new Journal({
    directory: journalDirectory,
    segments,
    prepare: () => bodies.syncNames(),
    onWritten: () => keeper.cleanIfNeeded(buckets),
    ...(options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes }),
  });
  keeper.use(journal);
  return { buckets, bodies, close: () => keeper.close() };
}

async function sizesOf(directory: string): Promise<ReadonlyMap<string, number>> {
  const names = await readdir(directory);
  const sizes = new Map<string, number>();
  for (const name of names) sizes.set(name, (await stat(path.join(directory, name))).size);
  return sizes;
}

async function openSegments(directory: string): Promise<readonly Segment[]> {
  const names = (await readdir(directory)).sort();
  const segments: Segment[] = [];
  for (const name of names) {
    const number = numberOfSegment(name);
    if (number !== undefined) segments.push(await Segment.open(directory, name, number));
  }
  return segments;
}

/** The last record of a key counts. One whose file is missing counts as absent: it was never durable, or is given up by a later one. */
async function readAll(
  segments: readonly Segment[],
  files: ReadonlyMap<string, number>,
  onDamage: KeptOptions['onDamage'],
): Promise<ReadonlyMap<string, FoundBucket>> {
  const found = new Map<string, FoundBucket>();
  const bucketOf = (name: string): FoundBucket => {
    const bucket = found.get(name) ?? { described: undefined, objects: new Map<string, Found<PutText>>() };
    found.set(name, bucket);
    return bucket;
  };
  for (const segment of segments) {
    const torn = await replay(segment, (record) => {
      const { text } = record;
      const bucket = bucketOf(text.bucket);
      if (text.op === 'put' && isWhole(text, files)) bucket.objects.set(text.key, { ...record, text });
      else if (text.op === 'delete') bucket.objects.delete(text.key);
      else if (text.op === 'bucket') bucket.described = { ...record, text };
      else if (text.op === 'no-bucket') bucket.described = undefined;
    });
    if (torn === 0) continue;
    // The end of the last file may be a write that was cut off, or whole records behind a damaged one. Nobody can tell, so nothing is thrown away.
    const aside = await segment.setAside();
    await segment.cut();
    onDamage?.(
      `The last ${torn} bytes of ${segment.file} are not whole, and what they hold is left out. They are kept in ${aside}.`,
    );
  }
  return found;
}

const isWhole = ({ object }: PutText, files: ReadonlyMap<string, number>): boolean =>
  object.pieces.every(
    (piece) =>
      !('file' in piece) || (BODY_FILE.test(piece.file) && piece.at + piece.size <= (files.get(piece.file) ?? -1)),
  );

function objectOf(
  { text, segment, bytesAt }: Found<PutText>,
  directory: string,
  sources: Map<string, FileSource>,
): StoredObject {
  const { pieces, tags, ...rest } = text.object;
  let at = bytesAt;
  const body = new Body(
    pieces.map((piece): Piece => {
      if ('file' in piece)
        return { source: fileSource(piece.file, directory, sources), offset: piece.at, size: piece.size };
      const source = SmallSource.inJournal(segment.place(at), piece.size);
      at += piece.size;
      return { source, offset: 0, size: piece.size };
    }),
  );
  return { ...rest, tags: new Map(tags), body };
}

function fileSource(name: string, directory: string, sources: Map<string, FileSource>): FileSource {
  const known = sources.get(name);
  known?.retain();
  const source = known ?? new FileSource(path.join(directory, name));
  sources.set(name, source);
  return source;
}
