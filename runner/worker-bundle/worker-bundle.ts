/**
 * Reads the worker bundle of this installation: a tar.gz with `worker.mjs` and `host.mjs`, which instances run. The build packs it, so that
 * a release has the same digest everywhere.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SPOTPOOL_VERSION } from '../../core/contract/version.js';
import { UserError } from '../errors.js';

export interface WorkerBundle {
  readonly version: string;
  /** The digest of `bytes`, in hex. */
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

export async function readWorkerBundle(file: string): Promise<WorkerBundle> {
  const bytes = await readFile(file).catch((error: Error) => {
    throw new UserError(
      `This installation lacks the worker bundle: ${error.message}. Install spotpool again. In a checkout of the repository, run: npm run build`,
    );
  });
  return { version: SPOTPOOL_VERSION, sha256: createHash('sha256').update(bytes).digest('hex'), bytes };
}
