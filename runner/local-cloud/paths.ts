/** Paths of the installed package and of the user's state. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Returns the package's directory, which is above dist/ in a build and above the sources otherwise. */
export function packageDirectory(from: string = path.dirname(fileURLToPath(import.meta.url))): string {
  const parent = path.dirname(from);
  if (existsSync(path.join(from, 'package.json'))) return from;
  if (parent === from) throw new Error('Could not find the directory of the spotpool package.');
  return packageDirectory(parent);
}

export interface InstalledFiles {
  readonly localCloud: string;
  readonly watchdog: string;
  readonly worker: string;
  /** The program that runs after a worker that did not end well. */
  readonly lastWords: string;
  /** The bundle that `submit` publishes. */
  readonly workerBundle: string;
  readonly cli: string;
  /** The host of JavaScript models. */
  readonly host: string;
  /** The script and the style sheet of the page of a job. */
  readonly pageScript: string;
  readonly pageStyle: string;
}

export function installedFiles(directory: string = packageDirectory()): InstalledFiles {
  return {
    localCloud: path.join(directory, 'dist/local/main.js'),
    watchdog: path.join(directory, 'dist/local/instances/watchdog-main.js'),
    worker: path.join(directory, 'dist/bundle/worker.mjs'),
    lastWords: path.join(directory, 'dist/bundle/last-words.mjs'),
    workerBundle: path.join(directory, 'dist/bundle/worker.tar.gz'),
    cli: path.join(directory, 'dist/bundle/spotpool.mjs'),
    host: path.join(directory, 'dist/bundle/host.mjs'),
    pageScript: path.join(directory, 'dist/page/app.js'),
    pageStyle: path.join(directory, 'dist/page/style.css'),
  };
}

/** Returns the directory for files that outlive a command: the state and the log of `local up`. */
export function stateDirectory(env: NodeJS.ProcessEnv): string {
  if (env['SPOTPOOL_HOME']) return path.resolve(env['SPOTPOOL_HOME']);
  const base = env['XDG_STATE_HOME'] ?? path.join(env['HOME'] ?? os.homedir(), '.local', 'state');
  return path.join(base, 'spotpool');
}

/**
 * Makes the directory readable for its owner only. An existing one keeps its mode, because SPOTPOOL_HOME may name any directory; each file in it
 * is private by itself.
 */
export async function makeStateDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
}
