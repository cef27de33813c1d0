/** Decides what `--out` names and whether results may go there: the rules for the user's own files (R15), in one place. */
import { type BigIntStats, constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { systemCode, UserError } from '../errors.js';
import { followLinks, isDescriptor, refuseOthersFile } from './follow-links.js';
import { refuseForeign } from './put-in-place.js';
import { metaFileOf, standingOf } from './results-meta.js';
import { cannotWrite } from './write-failure.js';

/** A file that the command was given: an output is never one of them. */
export interface GivenFile {
  readonly path: string;
  /** A clause that follows "it is". */
  readonly what: string;
}

export interface OutputRules {
  readonly cwd: string;
  /** Whatever is there may be replaced, unless the command was given it. */
  readonly force: boolean;
  readonly given: readonly GivenFile[];
  /** The user whose files are ours; the user of this process unless said. */
  readonly user?: bigint | undefined;
}

export type OutputPlace =
  | { readonly kind: 'standard-output' }
  /** A device, a pipe or an open file: written as it is, at its end; nothing is put in its place, and nothing stands beside it. */
  | { readonly kind: 'device'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string };

export const STANDARD_OUTPUT = '-';

const ownUser = (): bigint | undefined => {
  const uid = process.getuid?.();
  return uid === undefined ? undefined : BigInt(uid);
};

/** Throws a `UserError` when results may not go there, as things are now. Opens nothing: a pipe's reader would take that for the end. */
export async function claimOutput(out: string, rules: OutputRules): Promise<OutputPlace> {
  if (out === STANDARD_OUTPUT) return { kind: 'standard-output' };
  if (out === '') throw new UserError('--out is empty: name a file, or leave the option out.');
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
  if (found?.isDirectory() || (found === undefined && out.endsWith('/'))) {
    throw new UserError(`The results cannot be written to ${out}: it is a directory.`);
  }
  await refuseOthersFile(file, user);
  if (found !== undefined) refuseGiven(out, found, await identities(given));
  if (found !== undefined && !found.isFile()) return { kind: 'device', path: file };
  const meta = metaFileOf(file);
  await refuseOthersFile(meta, user);
  const foundMeta = await statIfThere(meta);
  if (foundMeta !== undefined)
    refuseGiven(`${out} (whose ${path.basename(meta)} stands beside it)`, foundMeta, await identities(given));
  if (foundMeta?.isDirectory()) throw new UserError(`${meta}, which is written beside the results, is a directory.`);
  await access(path.dirname(file), constants.W_OK);
  if (!force) refuseForeign(await standingOf(file));
  return { kind: 'file', path: file };
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

/** By device and inode: links and other spellings are the same file. */
function refuseGiven(out: string, found: BigIntStats, given: readonly GivenIdentity[]): void {
  const same = given.find((one) => one.found.dev === found.dev && one.found.ino === found.ino);
  if (same === undefined) return;
  throw new UserError(`The results cannot be written to ${out}: it is ${same.what}. Name another file with --out.`);
}

async function statIfThere(file: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(file, { bigint: true });
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
