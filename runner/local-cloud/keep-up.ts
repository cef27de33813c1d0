/**
 * Hands a local cloud of a command's own to a supervisor that outlives the command: it becomes one like that of `local up`.
 *
 * Invariants:
 * - The cloud's standard input is held by one of the two at any time, so it ends neither early nor never.
 * - A supervisor that could not take it over has not touched it, and another place for its state is tried.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, open } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { messageOf } from '../errors.js';
import { adoptedCloud, type LocalCloudAddress } from './child.js';
import { localEnvironment } from './options.js';
import { installedFiles, stateDirectory } from './paths.js';
import type { LocalStack } from './stack.js';
import { type LocalState, readLocalState } from './state-file.js';
import { localLogFile, waitUntilReady } from './up-down.js';

/** The message that the supervisor reads from its standard input. */
interface HandedOver {
  readonly config: LocalStack['config'];
  readonly address: LocalCloudAddress;
}

export interface KeptCloud {
  readonly state: LocalState;
  /** Where its state is: other commands find it there. */
  readonly directory: string;
}

export async function keepUp(stack: LocalStack, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<KeptCloud> {
  const usual = stateDirectory(env);
  try {
    if ((await readLocalState(usual)) === undefined) return await handOver(stack, usual, env, signal);
  } catch (error) {
    if (signal.aborted) throw error; // else: the disk of the user's state may be the one that is full
  }
  // Another cloud is up there, or nothing can be written there. The cloud itself keeps its files in this place.
  return await handOver(stack, await mkdtemp(path.join(os.tmpdir(), 'spotpool-kept-')), env, signal);
}

async function handOver(
  { config, cloud }: LocalStack,
  directory: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<KeptCloud> {
  await mkdir(directory, { recursive: true });
  const log = await open(localLogFile(directory), 'w', 0o600);
  const supervisor = spawn(process.execPath, [installedFiles().cli, 'local', 'up', '--foreground', '--adopt'], {
    detached: true,
    stdio: ['pipe', log.fd, log.fd, ...cloud.pipes],
    env: { ...localEnvironment(env), SPOTPOOL_HOME: directory },
    cwd: directory,
  });
  let ended = false;
  supervisor.once('exit', () => (ended = true));
  supervisor.once('error', () => (ended = true));
  supervisor.stdin?.on('error', () => undefined); // it has ended: that is seen
  const handedOver: HandedOver = { config, address: cloud.address };
  supervisor.stdin?.end(JSON.stringify(handedOver));
  await log.close();
  try {
    const state = await waitUntilReady(directory, () => ended, signal);
    if (state.pid !== supervisor.pid) throw new Error('another local cloud came up first');
    return { state, directory };
  } catch (error) {
    if (!ended) supervisor.kill('SIGKILL');
    throw new Error(`The local cloud could not be kept: ${messageOf(error)}`, { cause: error });
  } finally {
    supervisor.unref();
  }
}

/** The supervisor's side: the cloud whose pipes it was given. */
export async function adoptStack(): Promise<LocalStack> {
  const { config, address } = JSON.parse(await text(process.stdin)) as HandedOver;
  return { config, cloud: adoptedCloud(address) };
}
