/**
 * Fetches wheels from the stack's bucket. They are kept for later models, each once on an instance.
 *
 * Invariant: A wheel's file appears complete and verified, by a rename.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { wheelKey } from '../../core/contract/keys.js';
import type { Wheel } from '../../core/contract/python-environment.js';
import { mapBounded } from '../../core/map-bounded.js';
import { couldNot } from '../could-not.js';
import { retry } from '../retry.js';
import { exists } from './model-place.js';
import { SharedWork } from './shared-work.js';
import { FETCH_PAUSES, type StepWork, unable } from './step.js';

/** A few connections fill the network of an instance. More would only wait for the disk. */
const WHEELS_AT_ONCE = 8;

const fetches = new SharedWork<void>();

export const wheelFile = (directory: string, { sha256, file }: Wheel): string =>
  path.resolve(directory, 'wheels', sha256, file);

/** After the first failure the other fetches are aborted, so that none goes on unseen. */
export async function fetchWheels(wheels: readonly Wheel[], work: StepWork): Promise<void> {
  const over = new AbortController();
  const wanted = AbortSignal.any([work.signal, over.signal]);
  try {
    await mapBounded(wheels, WHEELS_AT_ONCE, async (wheel) => {
      const file = wheelFile(work.directory, wheel);
      await fetches.run(file, wanted, async (signal) => {
        if (!(await exists(file))) await fetchWheel(wheel, file, { ...work, signal });
      });
    });
  } finally {
    over.abort(new Error('Another wheel could not be fetched.'));
  }
}

async function fetchWheel(wheel: Wheel, file: string, work: StepWork): Promise<void> {
  const { store, spec, clock, signal } = work;
  const key = wheelKey(wheel.sha256, wheel.file);
  const temporary = `${file}.${randomUUID()}`;
  const fetchOnce = async (): Promise<string> => {
    const digest = createHash('sha256');
    const hashed = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        digest.update(chunk);
        yield chunk;
      }
    };
    await pipeline(Readable.from(store.stream(key, { signal })), hashed, createWriteStream(temporary), { signal });
    return digest.digest('hex');
  };
  const onTrouble = (error: unknown, pauseMs: number): void =>
    work.onTrouble(
      'fetching packages',
      couldNot(`fetch ${wheel.file} for the model ${spec.name}`, error, `retrying in ${pauseMs / 1000} s`),
    );
  try {
    await mkdir(path.dirname(file), { recursive: true });
    const found = await retry(fetchOnce, { ...FETCH_PAUSES, clock, signal, onTrouble });
    if (found !== wheel.sha256) {
      throw unable(
        'environment',
        `The wheel ${wheel.file} of the model ${spec.name} is damaged: ${key} has the SHA-256 ${found}. ` +
          'Delete that object and submit again, which uploads it again.',
      );
    }
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}
