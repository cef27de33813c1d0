/**
 * Keeps the local cloud's files readable for their owner alone: objects, user data, consoles and the instances'
 * disks. On a shared machine a directory is readable by all users by default.
 */
import { chmodSync, mkdirSync, statSync } from 'node:fs';

export const PRIVATE_FILE = 0o600;
export const PRIVATE_PROGRAM = 0o700;
const PRIVATE_DIRECTORY = 0o700;

/**
 * Creates the directory and its parents. An existing directory is closed to other users, which only its owner can
 * do.
 */
export function makePrivateDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
  if ((statSync(directory).mode & 0o077) !== 0) chmodSync(directory, PRIVATE_DIRECTORY);
}

/** Whether the directory belongs to another user, who would keep access to it after it is closed to others. */
export const isOfAnotherUser = (directory: string): boolean => {
  const own = process.getuid?.();
  return own !== undefined && statSync(directory).uid !== own;
};
