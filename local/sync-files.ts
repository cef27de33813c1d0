/** Makes files and their names durable: they are on the disk after a power loss, too. */
import { open, rename, unlink } from 'node:fs/promises';
import { PRIVATE_FILE } from './instances/private-files.js';

/** The names in a directory are durable only after the directory itself was synced. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The file is durable when the promise resolves, and its name when the directory has been synced. */
export async function writeSynced(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', PRIVATE_FILE);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Replaces a file, which is at any time either the old or the new one. */
export async function replaceFile(file: string, temporary: string, text: string): Promise<void> {
  await writeSynced(temporary, text);
  try {
    await rename(temporary, file);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}
