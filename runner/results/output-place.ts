/** Decides what `--out` names and whether results may go there. The rules for the user's own files (R15) are all here. */
import { type BigIntStats, constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { systemCode, UserError } from '../errors.js';
import { followLinks, isDescriptor, refuseOthersFile } from './follow-links.js';
import { refuseForeign } from './put-in-place.js';
import { metaFileOf, targetStateOf } from './results-meta.js';
import { cannotWrite } from './write-failure.js';

/** A file that the command was given. Results never overwrite one of these. */
export interface GivenFile {
  /** An absolute path, or the URL of objects in S3. */
  readonly path: string;
  /** For a message: a noun phrase that follows "it is". */
  readonly what: string;
}

export interface OutputRules {
  readonly cwd: string;
  /** Any existing file may be replaced, unless the command was given it. */
  readonly force: boolean;
  readonly given: readonly GivenFile[];
  /** The id of the user whose files are ours. The default is the user of this process. */
  readonly user?: bigint | undefined;
}

export type OutputPlace =
  | { readonly kind: 'standard-output' }
  /** A device, a pipe or an open file. Results are appended to it; it is never replaced, and no `.meta.json` is written beside it. */
  | { readonly kind: 'device'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string };

export const STANDARD_OUTPUT = '-';

const ownUser = (): bigint | undefined => {
  const uid = process.getuid?.();
  return uid === undefined ? undefined : BigInt(uid);
};

/** Throws a `UserError` when results may not go there. It opens nothing, because a pipe's reader would take the closing for the end. */
export async function claimOutput(out: string, rules: OutputRules): Promise<OutputPlace> {
  if (out === STANDARD_OUTPUT) return { kind: 'standard-output' };
  if (out === '') throw new UserError('--out is empty. Name a file, or omit the option.');
  try {
    return await claimPath(out, rules);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw cannotWrite(out, error, path.dirname(path.resolve(rules.cwd, out)));
  }
}

async function claimPath(out: string, { cwd, force, given, user = ownUser() }: OutputRules): Promise<OutputPlace> {
  const file = await followLinks(path.resolve(cwd, out), user);
  if (isDescriptor(file)) return isStandardOutput(file) ? { kind: 'standard-output' } : { kind: 'device', path: file };
  const found = await statIfThere(file);
  if (found?.isDirectory()) {
    throw new UserError(
      `Cannot write the results to ${out}: it is a directory. Name a file with --out, or end the name in "/" to write parts into it.`,
    );
  }
  await refuseOthersFile(file, user);
  if (found !== undefined) refuseGiven(out, found, await identities(given));
  if (found !== undefined && !found.isFile()) return { kind: 'device', path: file };
  const meta = metaFileOf(file);
  await refuseOthersFile(meta, user);
  const foundMeta = await statIfThere(meta);
  if (foundMeta !== undefined)
    refuseGiven(`${out} with ${path.basename(meta)} beside it`, foundMeta, await identities(given));
  if (foundMeta?.isDirectory()) {
    throw new UserError(
      `Cannot write ${meta} beside the results: it is a directory. Move it away, or name another file with --out.`,
    );
  }
  await access(path.dirname(file), constants.W_OK);
  if (!force) refuseForeign(await targetStateOf(file));
  return { kind: 'file', path: file };
}

/** Throws a `UserError` when no folder of results may be there. Returns its path without links. What the folder holds is not looked at. */
export async function claimFolder(out: string, { cwd, given, user = ownUser() }: OutputRules): Promise<string> {
  const resolved = path.resolve(cwd, out);
  try {
    const folder = await followLinks(resolved, user);
    await refuseOthersFile(folder, user);
    const found = await statIfThere(folder);
    if (found !== undefined && !found.isDirectory()) {
      throw new UserError(
        `Cannot write parts of the results into ${out}: it is no folder. Name another one with --out.`,
      );
    }
    await access(found === undefined ? path.dirname(folder) : folder, constants.W_OK);
    if (found !== undefined) await refuseGivenFolder(out, folder, given);
    return folder;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw cannotWrite(out, error, path.dirname(resolved));
  }
}

/** The parts of an earlier job may be the dataset of this one, which must stay with `force`, too. */
async function refuseGivenFolder(out: string, folder: string, given: readonly GivenFile[]): Promise<void> {
  for (const { path: file, what } of given) {
    const found = await realpath(file).catch(() => undefined);
    if (found === undefined || (found !== folder && path.dirname(found) !== folder)) continue;
    const is = found === folder ? 'is' : 'holds';
    throw new UserError(
      `Cannot write parts of the results into ${out}: it ${is} ${what}. Name another folder with --out.`,
    );
  }
}

const isStandardOutput = (file: string): boolean =>
  [`/proc/${process.pid}/fd/1`, '/proc/self/fd/1', '/dev/fd/1'].includes(file);

interface GivenIdentity {
  readonly what: string;
  readonly found: BigIntStats;
}

async function identities(given: readonly GivenFile[]): Promise<readonly GivenIdentity[]> {
  const all = await Promise.all(given.map(async ({ path: file, what }) => ({ what, found: await statIfThere(file) })));
  return all.flatMap(({ what, found }) => (found === undefined || found.isDirectory() ? [] : [{ what, found }]));
}

/** Compares device and inode, so that links and other spellings count as the same file. */
function refuseGiven(out: string, found: BigIntStats, given: readonly GivenIdentity[]): void {
  const same = given.find((one) => one.found.dev === found.dev && one.found.ino === found.ino);
  if (same === undefined) return;
  throw new UserError(`Cannot write the results to ${out}: it is ${same.what}. Name another file with --out.`);
}

/** Both are paths without symbolic links. Different names of one file have its device and inode. */
export async function isSameFile(one: string, other: string): Promise<boolean> {
  if (one === other) return true;
  const [found, same] = await Promise.all([statIfThere(one), statIfThere(other)]);
  return found !== undefined && found.dev === same?.dev && found.ino === same.ino;
}

async function statIfThere(file: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(file, { bigint: true });
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
