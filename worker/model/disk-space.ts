/** Checks before a fetch that the disk can hold what comes, because a full disk stops everything else on the instance, too. */
import { statfs } from 'node:fs/promises';

/** The worker's logs and the items that it spills still need some of the disk. */
const RESERVE_BYTES = 256 * 1024 * 1024;
const BYTES_PER_GB = 1e9;
const FULL_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** Returns the free bytes of the disk that holds a directory. */
export type FreeBytes = (directory: string) => Promise<number>;

export const freeBytesOf: FreeBytes = async (directory) => {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
};

/** Returns how many bytes may be written below the directory. */
export async function roomIn(directory: string, freeBytes: FreeBytes = freeBytesOf): Promise<number> {
  return Math.max(0, (await freeBytes(directory)) - RESERVE_BYTES);
}

export const LARGER_DISK = "Use instances with a larger disk (the stack's property rootVolumeGib)";

/** A retry would find the disk as full. `retry` knows that by the code. */
export class DiskTooSmall extends Error {
  override readonly name = 'DiskTooSmall';
  readonly code = 'ENOSPC';
  constructor(what: string) {
    super(`${what}. ${LARGER_DISK}`);
  }
}

export const isDiskFull = (error: unknown): boolean =>
  FULL_CODES.has((error as NodeJS.ErrnoException | undefined)?.code ?? '');

export const gigabytes = (bytes: number): string =>
  bytes < BYTES_PER_GB ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / BYTES_PER_GB).toFixed(1)} GB`;
