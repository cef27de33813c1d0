/** Fetches and unpacks the model's bundle. Its directory appears complete, by a rename. */
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorText } from '../../core/error-text.js';
import { modelBundleKey } from '../../core/contract/keys.js';
import { couldNot } from '../could-not.js';
import { retry } from '../retry.js';
import { FETCH_PAUSES, type Step, type StepWork, unable } from './step.js';
import { unpackBundle } from './unpack.js';

export const bundleStep: Step = { phase: 'fetch', isNeeded: async () => true, run: fetchInto };

async function fetchInto(work: StepWork): Promise<{ readonly bytes?: number }> {
  const { spec, place, signal } = work;
  work.doing(`fetching the model ${spec.name}`);
  const temporary = `${place.directory}.${randomUUID()}`;
  const bundle = `${temporary}.tar.gz`;
  const key = modelBundleKey(spec.digest);
  try {
    await mkdir(temporary, { recursive: true });
    const { digest, bytes } = await download(key, bundle, work);
    if (digest !== spec.digest) throw new Error(`its SHA-256 is ${digest}, so it was damaged or replaced`);
    await unpackBundle(bundle, temporary);
    signal.throwIfAborted();
    await rm(place.directory, { recursive: true, force: true });
    await rename(temporary, place.directory);
    return { bytes };
  } catch (error) {
    signal.throwIfAborted();
    const reason = errorText(error);
    throw unable('fetch', `The model ${spec.name} could not be fetched from ${key}: ${reason}`, error);
  } finally {
    await rm(bundle, { force: true });
    await rm(temporary, { recursive: true, force: true });
  }
}

interface Downloaded {
  readonly digest: string;
  readonly bytes: number;
}

function download(
  key: string,
  file: string,
  { store, spec, clock, onTrouble: report, signal }: StepWork,
): Promise<Downloaded> {
  const fetchOnce = async (): Promise<Downloaded> => {
    const digest = createHash('sha256');
    let bytes = 0;
    const hashed = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        digest.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    };
    await pipeline(Readable.from(store.stream(key, { signal })), hashed, createWriteStream(file), { signal });
    return { digest: digest.digest('hex'), bytes };
  };
  const onTrouble = (error: unknown, pauseMs: number): void =>
    report('fetching a model', couldNot(`fetch the model ${spec.name}`, error, `retrying in ${pauseMs / 1000} s`));
  return retry(fetchOnce, { ...FETCH_PAUSES, clock, signal, onTrouble });
}
