/** What a shipped directory holds: everything but `.git`. */
import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { BundleEntry } from './bundle.js';

export interface DirectoryContents {
  readonly entries: readonly BundleEntry[];
  /** Paths that cannot be shipped: dangling links, sockets and the like. */
  readonly leftOut: readonly string[];
}

const LEFT_OUT_NAMES = new Set(['.git']);

/**
 * A link to a place inside the directory stays a link, relative, so that layouts such as pnpm's survive. What a link to the
 * outside points at is copied, since the outside is not shipped.
 */
export async function directoryEntries(directory: string): Promise<DirectoryContents> {
  const root = await realpath(directory);
  const entries: BundleEntry[] = [];
  const leftOut: string[] = [];

  /** `copied`: real directories that are being copied into this place; meeting one again would never end. */
  const walk = async (absolute: string, relative: string, copied: readonly string[]): Promise<void> => {
    for (const name of (await readdir(absolute)).sort()) {
      if (LEFT_OUT_NAMES.has(name)) continue;
      await visit(path.join(absolute, name), relative === '' ? name : `${relative}/${name}`, copied);
    }
  };
  const visit = async (absolute: string, relative: string, copied: readonly string[]): Promise<void> => {
    const found = await lstat(absolute);
    if (found.isSymbolicLink()) {
      await visitLink(absolute, relative, copied);
    } else if (found.isDirectory()) {
      entries.push({ kind: 'directory', path: relative });
      await walk(absolute, relative, copied);
    } else if (found.isFile()) {
      entries.push(fileEntry(absolute, relative, found));
    } else {
      leftOut.push(relative);
    }
  };
  const visitLink = async (absolute: string, relative: string, copied: readonly string[]): Promise<void> => {
    const real = await realpath(absolute).catch(() => undefined);
    if (real === undefined || copied.includes(real)) {
      leftOut.push(relative);
    } else if (copied.length === 0 && isInside(root, real)) {
      entries.push({ kind: 'symlink', path: relative, target: await innerTarget(root, absolute, real) });
    } else if ((await stat(real)).isDirectory()) {
      entries.push({ kind: 'directory', path: relative });
      await walk(real, relative, [...copied, real]);
    } else {
      await visit(real, relative, copied);
    }
  };

  await walk(root, '', []);
  return { entries, leftOut };
}

export const fileEntry = (
  file: string,
  relative: string,
  { size, mode }: { readonly size: number; readonly mode: number },
): BundleEntry => ({
  kind: 'file',
  path: relative,
  executable: (mode & 0o111) !== 0,
  content: { file, bytes: size },
});

const isInside = (root: string, file: string): boolean => file === root || file.startsWith(root + path.sep);

/** The link as written when that stays inside, else the way to what it really means. */
async function innerTarget(root: string, link: string, real: string): Promise<string> {
  const written = await readlink(link);
  const staysInside = !path.isAbsolute(written) && isInside(root, path.resolve(path.dirname(link), written));
  return staysInside ? written : path.relative(path.dirname(link), real);
}
