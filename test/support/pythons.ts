/** Finds the Python interpreters of this machine, one for each version that the Python helper supports. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';

export interface Python {
  /** The version without its patch number, such as `3.9`. */
  readonly version: string;
  readonly path: string;
}

export const SUPPORTED = ['3.9', '3.10', '3.11', '3.12', '3.13'];

const ASK = 'import sys; print("%d.%d" % sys.version_info[:2]); print(sys.executable)';

function ask(command: string): Python | undefined {
  const [version, executable] = spawnSync(command, ['-c', ASK], { encoding: 'utf8' }).stdout?.split('\n') ?? [];
  return version === undefined || executable === undefined ? undefined : { version, path: executable };
}

/** Lists pyenv's interpreters by path, because pyenv's commands on PATH run only the selected version. */
function ofPyenv(): readonly string[] {
  const root = process.env['PYENV_ROOT'] ?? spawnSync('pyenv', ['root'], { encoding: 'utf8' }).stdout?.trim() ?? '';
  if (root === '') return [];
  const versions = path.join(root, 'versions');
  try {
    return readdirSync(versions).map((name) => path.join(versions, name, 'bin', 'python'));
  } catch {
    return [];
  }
}

export function findPythons(): readonly Python[] {
  const found = new Map<string, Python>();
  const add = (command: string): void => {
    const python = ask(command);
    if (python !== undefined && !found.has(python.version)) found.set(python.version, python);
  };
  for (const command of ofPyenv()) add(command);
  for (const version of SUPPORTED) if (!found.has(version)) add(`python${version}`);
  if (found.size === 0) add('python3');
  return SUPPORTED.flatMap((version) => found.get(version) ?? []);
}
