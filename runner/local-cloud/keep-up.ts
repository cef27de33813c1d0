/**
 * Hands the local cloud of a command over to a supervisor that outlives the command. The cloud is then like one of `local up`.
 *
 * Invariants:
 * - Command or supervisor holds the cloud's standard input at any time, so the cloud neither ends early nor runs forever.
 * - A supervisor that could not take the cloud over has not touched it. Another directory for its state is tried then.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, open } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { definedFields } from '../../core/defined-fields.js';
import { messageOf } from '../errors.js';
import { adoptedCloud, type LocalCloudAddress } from './child.js';
import { localEnvironment } from './options.js';
import { installedFiles, stateDirectory } from './paths.js';
import type { LocalStack } from './stack.js';
import { type LocalState, readLocalState } from './state-file.js';
import { localLogFile, waitUntilReady } from './up-down.js';

/** The message that the supervisor reads from its standard input. */
interface Handover {
  readonly config: LocalStack['config'];
  readonly address: LocalCloudAddress;
  readonly data?: string;
}

export interface KeptCloud {
  readonly state: LocalState;
  /** The directory of its state, in which other commands find it. */
  readonly directory: string;
}

export async function keepUp(stack: LocalStack, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<KeptCloud> {
  const usual = stateDirectory(env);
  try {
    if ((await readLocalState(usual)) === undefined) return await handOver(stack, usual, env, signal);
  } catch (error) {
    if (signal.aborted) throw error; // Otherwise the disk with the user's state may be full.
  }
  // Another cloud is up there, or nothing can be written there. The temporary directory is writable: the cloud has its files in it.
  return await handOver(stack, await mkdtemp(path.join(os.tmpdir(), 'spotpool-kept-')), env, signal);
}

async function handOver(
  { config, cloud, data }: LocalStack,
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
  supervisor.stdin?.on('error', () => undefined); // The pipe breaks when the supervisor has ended; `ended` reports that.
  const handover: Handover = { config, address: cloud.address, ...definedFields({ data }) };
  supervisor.stdin?.end(JSON.stringify(handover));
  await log.close();
  try {
    const state = await waitUntilReady(directory, () => ended, signal);
    if (state.pid !== supervisor.pid) throw new Error('another local cloud was started at the same time');
    return { state, directory };
  } catch (error) {
    if (!ended) supervisor.kill('SIGKILL');
    throw new Error(`Could not keep the local cloud running: ${messageOf(error)}`, { cause: error });
  } finally {
    supervisor.unref();
  }
}

/** It is called by the supervisor: returns the cloud whose pipes it was given. */
export async function adoptStack(): Promise<LocalStack> {
  const { config, address, data } = JSON.parse(await text(process.stdin)) as Handover;
  return { config, cloud: adoptedCloud(address), ...definedFields({ data }) };
}
