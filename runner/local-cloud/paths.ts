/** Where the installed package and the user's state are. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own directory: the one above dist/ when built, above the sources otherwise. */
export function packageDirectory(from: string = path.dirname(fileURLToPath(import.meta.url))): string {
  const parent = path.dirname(from);
  if (existsSync(path.join(from, 'package.json'))) return from;
  if (parent === from) throw new Error('The directory of the spotpool package was not found.');
  return packageDirectory(parent);
}

export interface InstalledFiles {
  readonly localCloud: string;
  readonly watchdog: string;
  readonly worker: string;
  /** What `submit` publishes. */
  readonly workerBundle: string;
  readonly cli: string;
}

export function installedFiles(directory: string = packageDirectory()): InstalledFiles {
  return {
    localCloud: path.join(directory, 'dist/local/main.js'),
    watchdog: path.join(directory, 'dist/local/instances/watchdog-main.js'),
    worker: path.join(directory, 'dist/bundle/worker.mjs'),
    workerBundle: path.join(directory, 'dist/bundle/worker.tar.gz'),
    cli: path.join(directory, 'dist/bundle/spotpool.mjs'),
  };
}

/** What outlives a command: the state and the log of `local up`. */
export function stateDirectory(env: NodeJS.ProcessEnv): string {
  if (env['SPOTPOOL_HOME']) return path.resolve(env['SPOTPOOL_HOME']);
  const base = env['XDG_STATE_HOME'] ?? path.join(env['HOME'] ?? os.homedir(), '.local', 'state');
  return path.join(base, 'spotpool');
}

/** Nobody else may look into it. One that is there keeps its mode: it may be any that SPOTPOOL_HOME names, and each file in it is private by itself. */
export async function makeStateDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
}
