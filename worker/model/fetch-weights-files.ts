/**
 * Fetches files in ranges, many at once, in the order of the files. Each range is written to its place in the file as it arrives.
 * What is held in memory depends on the number of ranges at once, never on the size of the files.
 */
import path from 'node:path';
import { weightsFileKey } from '../../core/contract/keys.js';
import { ObjectChanged, ObjectMissing, ObjectRefused, type ObjectStore } from '../../core/contract/object-store.js';
import type { WeightsFile } from '../../core/contract/weights.js';
import { retry, type RetryOptions } from '../retry.js';
import { ArrivingFile } from './fetch-weights-file.js';

/**
 * S3 gives one connection some 85 MB/s at most, and recommends ranges of 8 to 16 MiB.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-guidelines.html
 */
export const RANGE_BYTES = 16 * 1024 * 1024;
export const RANGES_AT_ONCE = 16;
/** The chunks of a body are small. Joining some of them saves most of the writes. */
const WRITE_BYTES = 512 * 1024;

export interface FetchFilesOptions extends Omit<RetryOptions, 'onTrouble'> {
  readonly store: Pick<ObjectStore, 'stream'>;
  readonly storeOf: (bucket: string) => Pick<ObjectStore, 'stream'>;
  /** It hears of an outage once for each pause, however many ranges it strikes. `what` names a range and its file. */
  readonly onTrouble: (what: string, error: unknown, pauseMs: number) => void;
  readonly rangeBytes?: number;
}

export const SUBMIT_AGAIN = 'Submit the job again';

interface Range {
  readonly file: ArrivingFile;
  readonly startByte: number;
  readonly endByte: number;
}

/** Rejects with the first failure that no retry can mend, when nothing is written any more. */
export async function fetchFiles(
  files: readonly WeightsFile[],
  directory: string,
  options: FetchFilesOptions,
): Promise<void> {
  const failing = new AbortController();
  const signal = AbortSignal.any([options.signal, failing.signal]);
  const opened = new Set<ArrivingFile>();
  const ranges = rangesOf(files, directory, options.rangeBytes ?? RANGE_BYTES, opened);
  const onTrouble = oncePerPause(options);
  const lane = async (): Promise<void> => {
    for (let range = ranges.next(); range.done !== true; range = ranges.next()) {
      signal.throwIfAborted();
      await fetchRange(range.value, { ...options, signal, onTrouble });
      await range.value.file.wrote(range.value);
    }
  };
  const lanes = Array.from({ length: RANGES_AT_ONCE }, () =>
    lane().catch((error: unknown) => {
      failing.abort(error);
    }),
  );
  await Promise.all(lanes);
  for (const file of opened) await file.close();
  signal.throwIfAborted();
}

/** A file is opened with its first range, so that few are open at once. An empty file is one empty range. */
function* rangesOf(
  files: readonly WeightsFile[],
  directory: string,
  rangeBytes: number,
  opened: Set<ArrivingFile>,
): Generator<Range, undefined> {
  for (const listed of files) {
    const file = new ArrivingFile(listed, path.join(directory, listed.path));
    opened.add(file);
    let startByte = 0;
    do {
      const endByte = Math.min(startByte + rangeBytes, listed.bytes);
      yield { file, startByte, endByte };
      startByte = endByte;
    } while (startByte < listed.bytes);
  }
}

async function fetchRange({ file, startByte, endByte }: Range, options: FetchFilesOptions): Promise<void> {
  const { signal, onTrouble } = options;
  const { listed } = file;
  await file.open();
  let at = startByte;
  // A retry goes on where the connection was lost.
  const fetchRest = async (): Promise<void> => {
    if (at >= endByte) return;
    const range = { startByte: at, endByte };
    for await (const bytes of joined(bodyOf(listed, range, options))) {
      await file.write(bytes, at);
      at += bytes.length;
    }
  };
  try {
    await retry(fetchRest, {
      ...options,
      onTrouble: (error, pauseMs) => {
        onTrouble(listed.path, error, pauseMs);
      },
    });
  } catch (error) {
    signal.throwIfAborted();
    throw explain(error, listed);
  }
  if (at !== endByte)
    throw new Error(`The file ${listed.path} ends before byte ${endByte}; the list says ${listed.bytes} bytes`);
}

function bodyOf(
  file: WeightsFile,
  range: { readonly startByte: number; readonly endByte: number },
  { store, storeOf, signal }: FetchFilesOptions,
): AsyncIterable<Uint8Array> {
  return 'sha256' in file
    ? store.stream(weightsFileKey(file.sha256), { signal, range })
    : storeOf(file.bucket).stream(file.key, { signal, range, ifMatch: file.etag });
}

function explain(error: unknown, file: WeightsFile): unknown {
  const where = 'sha256' in file ? weightsFileKey(file.sha256) : `s3://${file.bucket}/${file.key}`;
  if (error instanceof ObjectMissing) return new Error(`The file ${file.path} is gone: there is no object ${where}`);
  if (error instanceof ObjectChanged) {
    return new Error(
      `The file ${file.path} has changed since it was listed: ${where} has another ETag. ${SUBMIT_AGAIN}`,
    );
  }
  if (error instanceof ObjectRefused) return new Error(`The file ${file.path} may not be read. ${error.message}`);
  return error;
}

/** Bytes that arrived before a failure are passed on, too, so that each try gets further than the one before it. */
async function* joined(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let [held, bytes]: [Uint8Array[], number] = [[], 0];
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const chunk of chunks) {
      held.push(chunk);
      bytes += chunk.length;
      if (bytes < WRITE_BYTES) continue;
      yield Buffer.concat(held, bytes);
      [held, bytes] = [[], 0];
    }
  } catch (error) {
    failure = { error };
  }
  if (bytes > 0) yield Buffer.concat(held, bytes);
  if (failure !== undefined) throw failure.error;
}

function oncePerPause({ clock, onTrouble }: FetchFilesOptions): FetchFilesOptions['onTrouble'] {
  let silentUntilMs = Number.NEGATIVE_INFINITY;
  return (what, error, pauseMs) => {
    const nowMs = clock.nowMs();
    if (nowMs < silentUntilMs) return;
    silentUntilMs = nowMs + pauseMs;
    onTrouble(what, error, pauseMs);
  };
}
