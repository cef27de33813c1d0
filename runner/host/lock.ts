/**
 * One host for the same instances on this machine: with two, each instance would have two workers of one name.
 *
 * Invariant: the lock is its file, made at once and whole (it is linked into place); one whose process is gone holds nobody up.
 */
import { createHash } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { systemCode, UserError } from '../errors.js';
import { isAlive } from '../local-cloud/state-file.js';

const NAME_LENGTH = 16;

/** `what` names the instances. Resolves with what gives the lock back. */
export async function lockHost(directory: string, what: string): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true });
  const digest = createHash('sha256').update(what).digest('hex').slice(0, NAME_LENGTH);
  const file = path.join(directory, `host-${digest}.pid`);
  const holder = Number(await readFile(file, 'utf8').catch(() => '0'));
  if (holder > 0 && !isAlive(holder)) await rm(file, { force: true });
  const mine = `${file}.${process.pid}`;
  await writeFile(mine, String(process.pid));
  try {
    await link(mine, file);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    const pid = await readFile(file, 'utf8').catch(() => '?');
    throw new UserError(`A host of these instances runs already (pid ${pid}): end it first, or let it do its work.`);
  } finally {
    await rm(mine, { force: true });
  }
  return () => rm(file, { force: true });
}
