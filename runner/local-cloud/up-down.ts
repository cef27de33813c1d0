/** Starts and ends the supervisor of the local cloud that outlives a command. */
import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { localEnvironment } from './options.js';
import { installedFiles, makeStateDirectory, stateDirectory } from './paths.js';
import { isAlive, type LocalState, readLocalState } from './state-file.js';

/** Two processes and a dozen calls: a second, on a busy machine several. */
const UP_WITHIN_MS = 60_000;
/** The cloud ends its instances first; the supervisor kills it after ten seconds. */
const DOWN_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 50;
const SHOWN_LOG_LINES = 20;

export const localLogFile = (directory: string): string => path.join(directory, 'local-cloud.log');

export interface UpResult {
  readonly state: LocalState;
  readonly wasUp: boolean;
}

/** `flags` are those of `local up`, as given. */
export async function bringUp(
  flags: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<UpResult> {
  const directory = stateDirectory(env);
  const before = await readLocalState(directory);
  if (before !== undefined) return { state: before, wasUp: true };
  await makeStateDirectory(directory);
  const logFile = localLogFile(directory);
  const log = await open(logFile, 'w', 0o600);
  await log.chmod(0o600); // one that was there keeps its mode else
  const child = spawn(process.execPath, [installedFiles().cli, 'local', 'up', '--foreground', ...flags], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    env: { ...localEnvironment(env), SPOTPOOL_HOME: directory },
    // A directory that somebody removes later must not be the one that it stands in.
    cwd: directory,
  });
  let ended = false;
  child.once('exit', () => (ended = true));
  child.once('error', () => (ended = true));
  await log.close();
  try {
    const state = await waitUntilReady(directory, () => ended, signal);
    return { state, wasUp: state.pid !== child.pid };
  } catch (error) {
    if (!ended) child.kill('SIGTERM');
    if (signal.aborted) throw error;
    throw new Error(
      `The local cloud did not come up:\n${(await logTail(logFile)).replaceAll(/^error: /gm, '')}\nThe whole log: ${logFile}`,
    );
  } finally {
    child.unref();
  }
}

export async function waitUntilReady(
  directory: string,
  ended: () => boolean,
  signal: AbortSignal,
): Promise<LocalState> {
  const deadlineMs = Date.now() + UP_WITHIN_MS;
  for (;;) {
    // In this order: one that lost against another has ended, and finds the other's file.
    const over = ended();
    const state = await readLocalState(directory);
    if (state !== undefined) return state;
    if (over || Date.now() > deadlineMs) throw new Error('It ended, or took too long.');
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

async function logTail(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-SHOWN_LOG_LINES).join('\n');
}

/** Resolves when its process is gone; false when it had to be killed. */
export async function takeDown(state: LocalState): Promise<boolean> {
  const deadlineMs = Date.now() + DOWN_WITHIN_MS;
  process.kill(state.pid, 'SIGTERM');
  while (isAlive(state.pid)) {
    if (Date.now() > deadlineMs) {
      process.kill(state.pid, 'SIGKILL');
      return false;
    }
    await delay(LOOK_EVERY_MS);
  }
  return true;
}
