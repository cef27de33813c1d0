/**
 * Resolves a path link by link and refuses links of other users. In a folder that everybody may write to (such as /tmp), another
 * user's link or file could choose which of our files is overwritten, or who reads the results.
 */
import { type BigIntStats, constants } from 'node:fs';
import { lstat, readlink, stat } from 'node:fs/promises';
import path from 'node:path';
import { systemCode, UserError } from '../errors.js';

/** Linux follows at most 40 links, too. */
const MOST_LINKS = 40;
const ROOT_USER = 0n;
const WRITABLE_BY_ALL = BigInt(constants.S_IWOTH);
/** An open file of a process. The text of such a link is no path. */
const DESCRIPTOR = /^\/(proc\/[^/]+|dev)\/fd\/\d+$/;

export const isDescriptor = (file: string): boolean => DESCRIPTOR.test(file);

/**
 * Returns the path without links. A path that does not exist (yet) is no error.
 * `user` is our own user id; it is undefined on systems that have none.
 */
export async function followLinks(file: string, user: bigint | undefined): Promise<string> {
  const { root } = path.parse(file);
  const rest = file.slice(root.length).split(path.sep);
  let place = root;
  let links = 0;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    const next = path.join(place, name);
    const found = isDescriptor(next) ? undefined : await statOf(next, lstat);
    if (found === undefined || !found.isSymbolicLink()) {
      place = next;
      continue;
    }
    if ((links += 1) > MOST_LINKS)
      throw new UserError(`Cannot write to ${file}: its symbolic links form a loop. Name another file with --out.`);
    if (await isStrange(next, found, { last: rest.length === 0, user })) throw refusedLink(next);
    const target = await readlink(next);
    if (path.isAbsolute(target)) place = root;
    rest.unshift(...target.split(path.sep).filter((part) => part !== ''));
  }
  return place;
}

/**
 * Another user's link in the place of the file is refused in any folder. A link on the way to it is judged by Linux's rule
 * (`fs.protected_symlinks`), but also in folders without the sticky bit, because there everybody may replace our own link.
 */
async function isStrange(
  link: string,
  found: BigIntStats,
  { last, user }: { readonly last: boolean; readonly user: bigint | undefined },
): Promise<boolean> {
  if (!isOfOthers(found, user)) return false;
  if (last) return true;
  const folder = await statOf(path.dirname(link), stat);
  return folder !== undefined && isOpenToAll(folder) && folder.uid !== found.uid;
}

const refusedLink = (link: string): UserError =>
  new UserError(
    `${link} is another user's symbolic link, so that user would choose which file is overwritten. Name another file with --out.`,
  );

/** Refuses another user's file or pipe in a folder where anybody could have put it. */
export async function refuseOthersFile(file: string, user: bigint | undefined): Promise<void> {
  const found = await statOf(file, lstat);
  if (found === undefined || !isOfOthers(found, user)) return;
  const folder = await statOf(path.dirname(file), stat);
  if (folder === undefined || !isOpenToAll(folder)) return;
  throw new UserError(
    `${file} belongs to another user and is in a folder that everybody may write to. Name another file with --out.`,
  );
}

/** Root's files are trusted, because root can do all of this anyway. */
const isOfOthers = ({ uid }: BigIntStats, user: bigint | undefined): boolean =>
  user !== undefined && uid !== user && uid !== ROOT_USER;

const isOpenToAll = ({ mode }: BigIntStats): boolean => (mode & WRITABLE_BY_ALL) !== 0n;

async function statOf(file: string, read: typeof lstat): Promise<BigIntStats | undefined> {
  try {
    return await read(file, { bigint: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}
