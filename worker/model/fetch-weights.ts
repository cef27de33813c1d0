/**
 * Fetches the weights of a model once for the whole instance. They are larger than memory, so ranges of their files go straight
 * to disk, several at once.
 *
 * Invariants:
 * - A directory belongs to one list of files, by its digest. It appears complete, by a rename, and is never changed.
 * - Each file has the size of the list. An uploaded file has the SHA-256 of the list. An object of somebody's bucket
 *   still had the ETag of the list with each of its reads.
 * - Simultaneous calls share one fetch, which is aborted when all of them are. Whatever happens, nothing else is left
 *   behind.
 */
import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { errorText } from '../../core/error-text.js';
import { weightsListKey } from '../../core/contract/keys.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import {
  decodeWeightsList,
  MOST_WEIGHTS_LIST_BYTES,
  type WeightsFile,
  type WeightsList,
  type WeightsSpec,
} from '../../core/contract/weights.js';
import { couldNot } from '../could-not.js';
import type { Clock } from '../ports.js';
import { retry } from '../retry.js';
import { DiskTooSmall, type FreeBytes, gigabytes, isDiskFull, roomIn } from './disk-space.js';
import { fetchFiles } from './fetch-weights-files.js';
import { SharedWork } from './shared-work.js';

/** An outage is no fault of the weights or of the instance, so the retries never end. */
const FETCH_PAUSES = { firstPauseMs: 1_000, lastPauseMs: 32_000, endless: true };

export interface FetchWeightsOptions {
  readonly store: Pick<ObjectStore, 'stream'>;
  /** Returns the store of another bucket. */
  readonly storeOf: (bucket: string) => Pick<ObjectStore, 'stream'>;
  readonly weights: WeightsSpec;
  /** The directory in which this instance keeps weights. */
  readonly directory: string;
  readonly clock: Clock;
  /** Receives a sentence about what could not be read yet and is retried. */
  readonly onTrouble: (message: string) => void;
  readonly signal: AbortSignal;
  readonly freeBytes?: FreeBytes;
}

export interface FetchedWeights {
  /** The folder of the weights. */
  readonly directory: string;
  /** The bytes that this call and those that shared its work have fetched. It is 0 when the weights were here already. */
  readonly bytes: number;
}

/** The weights cannot be used on this instance. The message is a sentence that names the file. */
export class WeightsUnusable extends Error {
  override readonly name = 'WeightsUnusable';
}

const fetches = new SharedWork<number>();

/** Rejects with `WeightsUnusable`, or with the signal's reason; an outage is waited for. */
export async function fetchWeights(options: FetchWeightsOptions): Promise<FetchedWeights> {
  const { weights, signal } = options;
  const directory = path.resolve(options.directory, weights.digest);
  const bytes = await fetches.run(directory, signal, (shared) => fetchInto(directory, { ...options, signal: shared }));
  return { directory, bytes };
}

async function fetchInto(directory: string, options: FetchWeightsOptions): Promise<number> {
  const { weights, signal } = options;
  if (await exists(directory)) return 0;
  const temporary = `${directory}.${randomUUID()}`;
  try {
    const { files } = await readList(options);
    const distinct = distinctOf(files);
    await mkdir(temporary, { recursive: true });
    await requireRoom(temporary, sum(distinct), options);
    await fetchFiles(distinct, temporary, {
      ...options,
      ...FETCH_PAUSES,
      onTrouble: (what, error, pauseMs) =>
        options.onTrouble(
          couldNot(`read ${what} of the weights ${weights.name}`, error, `retrying in ${pauseMs / 1000} s`),
        ),
    });
    await linkCopies(files, distinct, temporary);
    signal.throwIfAborted();
    await rename(temporary, directory);
    return sum(distinct);
  } catch (error) {
    signal.throwIfAborted();
    throw unusable(weights, error);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function readList({ store, weights, clock, onTrouble, signal }: FetchWeightsOptions): Promise<WeightsList> {
  const key = weightsListKey(weights.digest);
  const readOnce = async (): Promise<Buffer> => {
    const chunks: Uint8Array[] = [];
    const range = { startByte: 0, endByte: MOST_WEIGHTS_LIST_BYTES };
    for await (const chunk of store.stream(key, { signal, range })) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  const body = await retry(readOnce, {
    ...FETCH_PAUSES,
    clock,
    signal,
    onTrouble: (error, pauseMs) =>
      onTrouble(couldNot(`read the list of the weights ${weights.name}`, error, `retrying in ${pauseMs / 1000} s`)),
  });
  const list = decodeWeightsList(body);
  const digest = createHash('sha256').update(body).digest('hex');
  if (list === undefined || digest !== weights.digest) throw new Error(`${key} is not the list that the job names`);
  return list;
}

/** Files with the same contents are fetched once. */
function distinctOf(files: readonly WeightsFile[]): readonly WeightsFile[] {
  const byDigest = new Map<string, WeightsFile>();
  for (const file of files) if ('sha256' in file && !byDigest.has(file.sha256)) byDigest.set(file.sha256, file);
  return files.filter((file) => !('sha256' in file) || byDigest.get(file.sha256) === file);
}

async function linkCopies(
  files: readonly WeightsFile[],
  distinct: readonly WeightsFile[],
  directory: string,
): Promise<void> {
  const fetched = new Map(distinct.flatMap((file) => ('sha256' in file ? [[file.sha256, file] as const] : [])));
  for (const file of files) {
    const first = 'sha256' in file ? fetched.get(file.sha256) : undefined;
    if (first === undefined || first === file) continue;
    const copy = path.join(directory, file.path);
    await mkdir(path.dirname(copy), { recursive: true });
    await link(path.join(directory, first.path), copy);
  }
}

async function requireRoom(directory: string, bytes: number, { freeBytes }: FetchWeightsOptions): Promise<void> {
  const room = await roomIn(directory, freeBytes);
  if (bytes > room) throw tooLarge(bytes, room);
}

const tooLarge = (bytes: number, room: number): DiskTooSmall =>
  new DiskTooSmall(`They have ${gigabytes(bytes)}, and the disk has room for ${gigabytes(room)}`);

function unusable({ name, bytes }: WeightsSpec, error: unknown): WeightsUnusable {
  const isFull = isDiskFull(error) && !(error instanceof DiskTooSmall);
  const reason = isFull
    ? new DiskTooSmall(`They have ${gigabytes(bytes)}, and the disk is full`).message
    : errorText(error);
  const ended = /[.!?]$/.test(reason) ? reason : `${reason}.`;
  return new WeightsUnusable(`The weights ${name} cannot be used. ${ended}`, { cause: error });
}

const sum = (files: readonly WeightsFile[]): number => files.reduce((total, { bytes }) => total + bytes, 0);

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );
