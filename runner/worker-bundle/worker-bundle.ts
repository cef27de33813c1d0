/** What instances run, as this installation has it: `worker.mjs` and `host.mjs` in one tar.gz, packed by the build, so that a release has one digest everywhere. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { SPOTPOOL_VERSION } from '../../core/contract/version.js';
import { UserError } from '../errors.js';

export interface WorkerBundle {
  readonly version: string;
  /** SHA-256 (hex) of `bytes`. */
  readonly sha256: string;
  /** The tar.gz. */
  readonly bytes: Uint8Array;
}

export async function readWorkerBundle(file: string): Promise<WorkerBundle> {
  const bytes = await readFile(file).catch((error: Error) => {
    throw new UserError(
      `The worker, which instances run, is not in this installation: ${error.message}. Install spotpool again; in a checkout: npm run build`,
    );
  });
  return { version: SPOTPOOL_VERSION, sha256: createHash('sha256').update(bytes).digest('hex'), bytes };
}
