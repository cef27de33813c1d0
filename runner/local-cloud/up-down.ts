/** Starts and ends the supervisor (supervisor.ts) of the local cloud that outlives a command. */
import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { localEnvironment } from './options.js';
import { installedFiles, makeStateDirectory, stateDirectory } from './paths.js';
import { isAlive, type LocalState, readLocalState } from './state-file.js';

/** A start takes two processes and a dozen calls: one second, or several on a busy machine. */
const UP_WITHIN_MS = 60_000;
/** The cloud ends its instances first, and the supervisor kills a cloud that takes more than ten seconds. */
const DOWN_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 50;
const SHOWN_LOG_LINES = 20;

export const localLogFile = (directory: string): string => path.join(directory, 'local-cloud.log');

export interface UpResult {
  readonly state: LocalState;
  /** True when the local cloud was running before. */
  readonly wasUp: boolean;
}

/** Starts the local cloud unless it is running. `flags` are the options of `local up` as the user gave them. */
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
  await log.chmod(0o600); // `open` does not change the mode of an existing file.
  const child = spawn(process.execPath, [installedFiles().cli, 'local', 'up', '--foreground', ...flags], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    env: { ...localEnvironment(env), SPOTPOOL_HOME: directory },
    // The user may remove the current directory while the supervisor runs.
    cwd: directory,
  });
  let ended = false;
  child.once('exit', () => (ended = true));
  child.once('error', () => (ended = true));
  await log.close();
  try {
    const state = await waitUntilReady(directory, () => ended, signal);
    const wasUp = state.pid !== child.pid;
    // Another command was faster. This supervisor must not come up when the other one goes down.
    if (wasUp && !ended) child.kill('SIGTERM');
    return { state, wasUp };
  } catch (error) {
    if (!ended) child.kill('SIGTERM');
    if (signal.aborted) throw error;
    throw new Error(
      `The local cloud did not start:\n${(await logTail(logFile)).replaceAll(/^error: /gm, '')}\nThe whole log: ${logFile}`,
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
    // `ended` is read first. A supervisor that lost against another one has ended, and the other's state is found below.
    const over = ended();
    const state = await readLocalState(directory);
    if (state !== undefined) return state;
    if (over || Date.now() > deadlineMs) throw new Error('It ended early or took too long.');
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

async function logTail(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-SHOWN_LOG_LINES).join('\n');
}

/** Resolves when the supervisor's process is gone: true when it ended by itself, false when it had to be killed. */
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
