/**
 * Reads the Python environment of a job that exists already, out of its model's bundle. A submit that continues the job takes the same packages again,
 * although newer ones may have been published meanwhile.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Parser, type ReadEntry } from 'tar';
import { decodeManifest } from '../../core/contract/job.js';
import { manifestKey, modelBundleKey } from '../../core/contract/keys.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import {
  decodeEnvironment,
  ENVIRONMENT_FILE,
  MOST_ENVIRONMENT_BYTES,
  type PythonEnvironment,
} from '../../core/contract/python-environment.js';
import { joinSignals } from '../signals.js';

/** Undefined when there is no such job, or none with packages. */
export async function earlierEnvironment(
  job: string,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<PythonEnvironment | undefined> {
  const found = await store.get(manifestKey(job), { signal });
  const model = found === undefined ? undefined : decodeManifest(found.body, job)?.model;
  if (model?.python === undefined) return undefined;
  const json = await fileOfBundle(modelBundleKey(model.digest), ENVIRONMENT_FILE, { store, signal });
  return json === undefined ? undefined : decodeEnvironment(json);
}

/** The files of a bundle are sorted, so reading stops where the file would be. */
async function fileOfBundle(
  key: string,
  wanted: string,
  { store, signal }: { readonly store: ObjectStore; readonly signal: AbortSignal },
): Promise<Buffer | undefined> {
  const enough = new AbortController();
  const chunks: Buffer[] = [];
  const parser = new Parser();
  parser.on('entry', (entry: ReadEntry) => {
    if (Buffer.compare(Buffer.from(entry.path), Buffer.from(wanted)) > 0) enough.abort();
    if (entry.path !== wanted || entry.size > MOST_ENVIRONMENT_BYTES) return entry.resume();
    entry.on('data', (chunk: Buffer) => chunks.push(chunk));
    entry.on('end', () => enough.abort());
  });
  const stop = joinSignals([signal, enough.signal]);
  const feed = async (bytes: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of bytes) {
      if (enough.signal.aborted) return;
      parser.write(Buffer.from(chunk));
    }
    parser.end();
  };
  try {
    await pipeline(Readable.from(store.stream(key, { signal: stop })), feed, { signal: stop });
  } catch (error) {
    signal.throwIfAborted();
    if (!enough.signal.aborted) throw error;
  }
  return chunks.length === 0 ? undefined : Buffer.concat(chunks);
}
