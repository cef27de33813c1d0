/** Writes Python models into a folder and runs them with our Python host. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findPythons, type Python } from '../../support/pythons.js';
import type { PreparedModel } from '../../../worker/slot/slot.js';
import { modelOf } from './support.js';

/** Returns the oldest and the newest of this machine's supported interpreters. */
export function oldestAndNewest(): readonly Python[] {
  const pythons = findPythons();
  return pythons.filter((_, at) => at === 0 || at === pythons.length - 1);
}

export class PythonModels {
  readonly #directory: string;
  #count = 0;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(): Promise<PythonModels> {
    return new PythonModels(await mkdtemp(path.join(tmpdir(), 'spotpool-python-')));
  }

  async remove(): Promise<void> {
    await rm(this.#directory, { recursive: true });
  }

  /** Writes the files of a model, whose entry is `model.py` unless another is named. One text is that file alone. */
  async write(
    files: string | Readonly<Record<string, string>>,
    options: Partial<PreparedModel['options']> & {
      readonly python?: string;
      readonly name?: string;
      readonly entry?: string;
    } = {},
  ): Promise<PreparedModel> {
    this.#count += 1;
    const directory = path.join(this.#directory, String(this.#count));
    for (const [name, text] of Object.entries(typeof files === 'string' ? { 'model.py': files } : files)) {
      await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
      await writeFile(path.join(directory, name), text);
    }
    const { name, entry = 'model.py', ...rest } = options;
    const start = { kind: 'python', entry, ...(name === undefined ? {} : { name }) } as const;
    const model = modelOf(start, { directory, ...rest });
    return { ...model, modelKey: directory };
  }
}
