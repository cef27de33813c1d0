/** Packs this checkout as npm would publish it, and installs the tarball into an empty project. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from './cli.js';

const execute = promisify(execFile);

export async function installPacked(directory: string, env: Readonly<Record<string, string>>): Promise<void> {
  const { stdout: packed } = await execute(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', directory],
    { cwd: projectRoot, env },
  );
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  await writeFile(path.join(directory, 'package.json'), '{"name":"empty","private":true,"type":"module"}');
  await execute('npm', ['install', `./${filename}`, '--no-audit', '--no-fund'], { cwd: directory, env });
}

/** The program that npm links for `npx spotpool`. */
export const packedEntry = (directory: string): string => path.join(directory, 'node_modules', '.bin', 'spotpool');
