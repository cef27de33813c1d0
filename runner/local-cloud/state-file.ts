/**
 * The state file of the running local cloud. A state directory has at most one; the supervisor (`local up`) writes it when all is ready.
 *
 * Invariants:
 * - The file appears whole or not at all, and never replaces another, because it is linked into place.
 * - A file whose process is gone, or whose endpoint does not answer, was left by a supervisor that was killed. It is removed.
 * - A file without a valid state, as a power failure can leave one, is removed too. It would block every later local cloud.
 */
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import type { StackConfig } from '../../core/contract/stack.js';
import { messageOf, systemCode, UserError } from '../errors.js';
import { makeStateDirectory } from './paths.js';

export interface LocalState extends StackConfig {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The process id of the supervisor. When it ends, the whole cloud ends. */
  readonly pid: number;
  readonly startedAt: string;
  readonly log: string;
  /** The directory in which its buckets outlive it. */
  readonly data?: string;
}

const FILE_NAME = 'local-cloud.json';
/** An answer from this machine takes about a millisecond. */
const ANSWER_WITHIN_MS = 2_000;

export const stateFile = (directory: string): string => path.join(directory, FILE_NAME);

/** Undefined when no local cloud is up. */
export async function readLocalState(directory: string): Promise<LocalState | undefined> {
  const state = await parse(stateFile(directory));
  if (state === undefined) return undefined;
  if (state === 'damaged') {
    await rm(stateFile(directory), { force: true });
    return undefined;
  }
  if (isAlive(state.pid) && (await answers(state.endpoint))) return state;
  await removeLocalState(directory, state.pid);
  return undefined;
}

/** False when another supervisor was first. */
export async function writeLocalState(directory: string, state: LocalState): Promise<boolean> {
  await makeStateDirectory(directory);
  const temporary = `${stateFile(directory)}.${state.pid}`;
  // Only the owner may read the file: anybody who can reach the endpoint can run commands through launch templates.
  await writeFile(temporary, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  try {
    await link(temporary, stateFile(directory));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Removes the state file if it still belongs to that process. */
export async function removeLocalState(directory: string, pid: number): Promise<void> {
  const state = await parse(stateFile(directory));
  if (state !== undefined && state !== 'damaged' && state.pid === pid) await rm(stateFile(directory), { force: true });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function parse(file: string): Promise<LocalState | 'damaged' | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new UserError(`Could not read the state of the local cloud: ${messageOf(error)}`);
  });
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const state = value as Partial<LocalState> | null;
    const { hostname, port } = new URL(state?.endpoint ?? '');
    const whole = Number.isInteger(state?.pid) && hostname !== '' && port !== '' && state?.credentials !== undefined;
    return whole ? (state as LocalState) : 'damaged';
  } catch {
    return 'damaged';
  }
}

async function answers(endpoint: string): Promise<boolean> {
  const { hostname, port } = new URL(endpoint);
  return await new Promise<boolean>((resolve) => {
    const socket = net.connect({ host: hostname, port: Number(port) });
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(ANSWER_WITHIN_MS, () => finish(false));
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}
