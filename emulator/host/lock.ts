/**
 * Allows one host for the same instances on this machine. With two hosts, each instance would have two workers of the same name.
 *
 * Invariant: a lock is a file that appears at once and whole, because it is linked into place. A lock whose process is gone blocks nobody.
 */
import { createHash } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { systemCode, UserError } from '../../runner/errors.js';
import { makeStateDirectory } from '../../runner/local-cloud/paths.js';
import { isAlive } from '../../runner/local-cloud/state-file.js';

const DIGEST_LENGTH = 16;

/**
 * Another host may select the same instances in another way, so each way of selecting them has a name, and every name is locked. Resolves
 * with the function that releases the locks.
 */
export async function lockHost(directory: string, names: readonly string[]): Promise<() => Promise<void>> {
  await makeStateDirectory(directory);
  const files: string[] = [];
  const unlock = async (): Promise<void> => {
    for (const file of files) await rm(file, { force: true });
  };
  try {
    for (const name of names) files.push(await lock(directory, name));
  } catch (error) {
    await unlock();
    throw error;
  }
  return unlock;
}

async function lock(directory: string, name: string): Promise<string> {
  const digest = createHash('sha256').update(name).digest('hex').slice(0, DIGEST_LENGTH);
  const file = path.join(directory, `host-${digest}.pid`);
  const mine = `${file}.${process.pid}`;
  await removeStale(file, `${mine}.stale`);
  await writeFile(mine, String(process.pid), { mode: 0o600 });
  try {
    await link(mine, file);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    throw new UserError(
      `Another host of these instances is running (pid ${await holderOf(file)}). End it first, or let it run. If that process is not a host, remove ${file}.`,
    );
  } finally {
    await rm(mine, { force: true });
  }
  return file;
}

/**
 * The file is moved aside before it is removed. A second host may have found the same stale lock and replaced it with its own meanwhile; that
 * one is put back.
 */
async function removeStale(file: string, aside: string): Promise<void> {
  if (!(await isStale(file))) return;
  try {
    await rename(file, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return; // The other host has removed it first.
    throw error;
  }
  if (!(await isStale(aside))) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

const isStale = async (file: string): Promise<boolean> => {
  const holder = await holderOf(file);
  return holder > 0 && !isAlive(holder);
};

/** The process id of the lock's owner; 0 when there is no lock. */
const holderOf = async (file: string): Promise<number> => Number(await readFile(file, 'utf8').catch(() => '0'));
