/** Asks what a path is: a file, a folder, a program. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';

export async function isKind(file: string, kind: 'file' | 'directory'): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return kind === 'file' ? found?.isFile() === true : found?.isDirectory() === true;
}

export async function isOnPath(program: string, searchPath: string): Promise<boolean> {
  for (const directory of searchPath.split(path.delimiter)) {
    const file = path.join(directory, program);
    if (directory !== '' && (await isKind(file, 'file')) && (await isExecutable(file))) return true;
  }
  return false;
}

export const isExecutable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
