/**
 * The files that the local cloud keeps are for its owner alone: objects, user data, consoles, instances' disks. On a shared machine a directory is readable by all unless it
 * is said otherwise.
 */
import { chmodSync, mkdirSync, statSync } from 'node:fs';

export const PRIVATE_FILE = 0o600;
export const PRIVATE_PROGRAM = 0o700;
const PRIVATE_DIRECTORY = 0o700;

/** With what is above it. One that is there already is closed to others, which only its owner can do. */
export function makePrivateDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
  if ((statSync(directory).mode & 0o077) !== 0) chmodSync(directory, PRIVATE_DIRECTORY);
}

/** The directory is another user's: closing it to others would not close it to him. */
export const isOfAnotherUser = (directory: string): boolean => {
  const own = process.getuid?.();
  return own !== undefined && statSync(directory).uid !== own;
};
