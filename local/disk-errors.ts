/**
 * Explains a file system error of the local cloud: where it happened, why, and what helps. The error itself says
 * `ENOSPC: no space left on device, write`, and names no place.
 */
interface KnownError {
  readonly why: string;
  readonly remedy: string;
}

/** The ways to another disk, by what the directory is for. */
const ELSEWHERE = {
  files: 'or start the local cloud on another disk: with TMPDIR, or with --directory if you start its own program',
  data: 'or keep the data on another disk: with SPOTPOOL_HOME, or with --data if you start its own program',
} as const;
export type DirectoryUse = keyof typeof ELSEWHERE;

/** It stands for the way to another disk. */
const OTHER_DISK = 'ELSEWHERE';
const NO_FILES = { remedy: 'Raise the limit (ulimit -n), and start the local cloud again' } as const;

const KNOWN_ERRORS: Readonly<Record<string, KnownError>> = {
  ENOSPC: { why: 'its disk is full', remedy: `Free some space there, ${OTHER_DISK}` },
  EDQUOT: { why: 'the disk quota of your user is used up', remedy: `Free some space there, ${OTHER_DISK}` },
  EFBIG: { why: 'a file would be larger than the system allows', remedy: `Raise the limit (ulimit -f), ${OTHER_DISK}` },
  EROFS: { why: 'its file system is read-only', remedy: `Mount it for writing, ${OTHER_DISK}` },
  EACCES: { why: 'its permissions do not allow that', remedy: `Give your user access to it, ${OTHER_DISK}` },
  EPERM: { why: 'its permissions do not allow that', remedy: `Give your user access to it, ${OTHER_DISK}` },
  ENOENT: { why: 'it no longer exists', remedy: 'Start the local cloud again' },
  ENOTDIR: { why: 'a part of its path is a file', remedy: `Name another directory, ${OTHER_DISK}` },
  EIO: { why: 'its disk reports an error', remedy: `Check the disk, ${OTHER_DISK}` },
  EMFILE: { why: 'the local cloud has as many files open as its process may have', ...NO_FILES },
  ENFILE: { why: 'the machine has as many files open as it may have', ...NO_FILES },
};

/** Returns an explanation in one or two sentences, or undefined for errors that do not come from a disk. */
export function explainDiskError(error: unknown, directory: string, use: DirectoryUse = 'files'): string | undefined {
  const { code = '', syscall } = (error ?? {}) as { readonly code?: unknown; readonly syscall?: unknown };
  const known = typeof code === 'string' && Object.hasOwn(KNOWN_ERRORS, code) ? KNOWN_ERRORS[code] : undefined;
  // Only errors of system calls have both.
  if (known === undefined || typeof syscall !== 'string') return undefined;
  return `The local cloud cannot use its directory ${directory}: ${known.why} (${String(code)}). ${known.remedy.replace(OTHER_DISK, ELSEWHERE[use])}.`;
}

/** Reports each error only once: on a full disk every write fails in the same way. */
export class DiskErrorLog {
  readonly #reported = new Set<string>();

  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  report(explanation: string): void {
    if (this.#reported.has(explanation)) return;
    this.#reported.add(explanation);
    this.#write(`${explanation}\n`);
  }
}
