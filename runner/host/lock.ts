/**
 * One host for the same instances on this machine: with two, each instance would have two workers of one name.
 *
 * Invariant: a lock is its file, made at once and whole (it is linked into place); one whose process is gone holds nobody up.
 */
import { createHash } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { systemCode, UserError } from '../errors.js';
import { makeStateDirectory } from '../local-cloud/paths.js';
import { isAlive } from '../local-cloud/state-file.js';

const NAME_LENGTH = 16;

/** Each of `names` names the instances in a way of its own, by which another host may mean them. Resolves with what gives the locks back. */
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
  const digest = createHash('sha256').update(name).digest('hex').slice(0, NAME_LENGTH);
  const file = path.join(directory, `host-${digest}.pid`);
  const mine = `${file}.${process.pid}`;
  await removeStale(file, `${mine}.stale`);
  await writeFile(mine, String(process.pid), { mode: 0o600 });
  try {
    await link(mine, file);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    throw new UserError(
      `A host of these instances runs already (pid ${await holderOf(file)}): end it first, or let it do its work. If that process is no host, remove ${file}.`,
    );
  } finally {
    await rm(mine, { force: true });
  }
  return file;
}

/** Taken aside first: by now it may be the lock of another host, which found the same one stale; that is put back. */
async function removeStale(file: string, aside: string): Promise<void> {
  if (!(await isStale(file))) return;
  try {
    await rename(file, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return; // the other host was first
    throw error;
  }
  if (!(await isStale(aside))) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

const isStale = async (file: string): Promise<boolean> => {
  const holder = await holderOf(file);
  return holder > 0 && !isAlive(holder);
};

/** 0 when there is none. */
const holderOf = async (file: string): Promise<number> => Number(await readFile(file, 'utf8').catch(() => '0'));
