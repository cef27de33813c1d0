/** Results in parts in a folder on this machine. Parts are hidden files until all of them are written. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, link, lstat, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { systemCode } from '../../errors.js';
import type { ByteOutput } from '../byte-output.js';
import { cannotWrite, writeFailed } from '../write-failure.js';
import type { PartsStore, StoredFile } from './parts-store.js';

export class FolderStore implements PartsStore {
  readonly isStaged = true;
  /** The names to which the hidden files will be renamed, by their paths. */
  readonly #hidden = new Map<string, string>();

  readonly place: string;
  readonly #folder: string;

  /** `out` is the folder as the user wrote it, and `folder` its absolute path without links. */
  constructor(out: string, folder: string) {
    this.place = out;
    this.#folder = folder;
  }

  /** Files whose names begin with a dot are hidden from readers, and no results. */
  async *list(): AsyncGenerator<StoredFile> {
    for (const name of await this.#names()) {
      if (name.startsWith('.')) continue;
      const found = await lstat(path.join(this.#folder, name));
      yield { name: found.isDirectory() ? `${name}/` : name, bytes: found.size };
    }
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(path.join(this.#folder, name));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async prepare(): Promise<void> {
    try {
      await mkdir(this.#folder);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw cannotWrite(this.place, error, path.dirname(this.#folder));
    }
  }

  async open(name: string): Promise<ByteOutput> {
    const hidden = this.#hiddenPath(name);
    const handle = await this.#named(open(hidden, 'wx'));
    this.#hidden.set(hidden, name);
    return {
      write: (bytes) => this.#named(handle.writeFile(bytes)),
      finish: async () => {
        await this.#named(closed(handle));
        return {};
      },
      discard: async () => handle.close().catch(() => undefined), // the first error matters more
    };
  }

  async publish(): Promise<void> {
    for (const [hidden, name] of this.#hidden) {
      await this.#named(rename(hidden, path.join(this.#folder, name)));
      this.#hidden.delete(hidden);
    }
  }

  async dropHidden(): Promise<void> {
    for (const hidden of this.#hidden.keys()) await rm(hidden, { force: true }).catch(() => undefined);
    this.#hidden.clear();
  }

  async put(name: string, text: string, { onlyNew }: { readonly onlyNew: boolean }): Promise<boolean> {
    const file = path.join(this.#folder, name);
    // The file appears whole, and what a killed process leaves is hidden.
    const hidden = this.#hiddenPath(name);
    try {
      await this.#named(writeFile(hidden, text, { flag: 'wx' }));
      if (onlyNew) return await this.#linked(hidden, file);
      await this.#named(rename(hidden, file));
      return true;
    } finally {
      await rm(hidden, { force: true }).catch(() => undefined); // the first error matters more
    }
  }

  /** False when the file is there already. */
  async #linked(hidden: string, file: string): Promise<boolean> {
    try {
      await link(hidden, file);
      return true;
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return false;
    }
    // The file system has no hard links. A place that is free is taken for a moment by an empty file.
    try {
      await (await open(file, 'wx')).close();
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return false;
      throw writeFailed(this.place, error, this.#folder);
    }
    await this.#named(rename(hidden, file));
    return true;
  }

  #hiddenPath(name: string): string {
    return path.join(this.#folder, `.${name}.${randomBytes(4).toString('hex')}.partial`);
  }

  async remove(name: string): Promise<void> {
    await this.#named(rm(path.join(this.#folder, name), { force: true }));
  }

  async #names(): Promise<readonly string[]> {
    try {
      return (await readdir(this.#folder)).sort();
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw cannotWrite(this.place, error, this.#folder);
    }
  }

  #named<T>(doing: Promise<T>): Promise<T> {
    return doing.catch((error: unknown) => {
      throw writeFailed(this.place, error, this.#folder);
    });
  }
}

/** Some disks report only at sync or close that they are full. */
async function closed(handle: FileHandle): Promise<void> {
  await handle.sync();
  await handle.close();
}
