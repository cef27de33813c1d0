/**
 * Where a path leads, link by link, and whether everybody who could have laid a link there is to be trusted: in a folder that all
 * may write to (such as /tmp), another user's link or file would decide what of ours is overwritten, or who reads it.
 */
import { type BigIntStats, constants } from 'node:fs';
import { lstat, readlink, stat } from 'node:fs/promises';
import path from 'node:path';
import { systemCode, UserError } from '../errors.js';

/** Linux follows as many. */
const MOST_LINKS = 40;
const ROOT_USER = 0n;
const WRITABLE_BY_ALL = BigInt(constants.S_IWOTH);
/** An open file of a process: its link's text is no path. */
const DESCRIPTOR = /^\/(proc\/[^/]+|dev)\/fd\/\d+$/;

export const isDescriptor = (file: string): boolean => DESCRIPTOR.test(file);

/** `user` is whose files are ours; undefined where the system has no such numbers. What does not exist (yet) is no error. */
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
      throw new UserError(`${file} leads nowhere: its symbolic links go round in a circle.`);
    if (await isStrange(next, found, { last: rest.length === 0, user })) throw refusedLink(next);
    const target = await readlink(next);
    if (path.isAbsolute(target)) place = root;
    rest.unshift(...target.split(path.sep).filter((part) => part !== ''));
  }
  return place;
}

/**
 * A link in the place of the file counts wherever it is; one on the way there is looked at as Linux does (`fs.protected_symlinks`), and without a sticky
 * bit too: where everybody may put another link in the place of ours, it is no safer.
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
    `${link} is a symbolic link of another user, who would decide what is overwritten: the results do not go through it. Name another file.`,
  );

/** A file, or pipe, of another user in a folder where anybody could have put it. */
export async function refuseOthersFile(file: string, user: bigint | undefined): Promise<void> {
  const found = await statOf(file, lstat);
  if (found === undefined || !isOfOthers(found, user)) return;
  const folder = await statOf(path.dirname(file), stat);
  if (folder === undefined || !isOpenToAll(folder)) return;
  throw new UserError(
    `${file} belongs to another user, in a folder that everybody may write to: the results do not go there. Name another file.`,
  );
}

/** Root may do all of this anyway. */
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
