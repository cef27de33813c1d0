/**
 * Finds the files below a local folder, in no order. Links are followed. A folder that cannot be read is an error, because nobody knows what would be missing
 * from the dataset.
 */
import type { Dirent } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, systemCode, UserError } from '../../errors.js';
import { lastName } from './names.js';
import { ownResults } from './own-results.js';

export interface FoundFile {
  /** The path relative to the folder, with `/` between its parts. */
  readonly place: string;
  /** The real path, by which the same file is recognised. */
  readonly real: string;
}

export interface FileSearch {
  /** The folder as the user wrote it, for messages. */
  readonly name: string;
  readonly root: string;
  /** True when the file belongs to the dataset. The path is relative to the root. */
  wanted(place: string): boolean;
  /** True for names that are no data. They are counted when they are wanted. */
  isLeftOut(name: string): boolean;
  /** True when a folder may hold such files. */
  leadsTo(place: string): boolean;
}

export interface FoundFiles {
  readonly files: readonly FoundFile[];
  /** Names that are no data: hidden files, marks and checksums. */
  readonly leftOut: readonly string[];
  /** Results of earlier jobs, and what lies beside them. They are data only when nothing else is there. */
  readonly results: readonly FoundFile[];
  /** Places where no file can be read. Whoever needs every file throws the first one. */
  readonly faults: readonly UserError[];
}

/** More files would make the list of them too large for memory and for one object. */
export const MOST_FILES = 1_000_000;

export async function findFiles(search: FileSearch, signal: AbortSignal): Promise<FoundFiles> {
  const finder = new Finder(search, signal);
  const real = await realpath(search.root).catch((error: unknown) => unreadable(search.name, error));
  await finder.folder('', real, [real]);
  return finder;
}

class Finder implements FoundFiles {
  readonly files: FoundFile[] = [];
  readonly leftOut: string[] = [];
  readonly results: FoundFile[] = [];
  readonly faults: UserError[] = [];

  constructor(
    readonly search: FileSearch,
    readonly signal: AbortSignal,
  ) {}

  /** `above` has the real paths of this folder and of those above it. */
  async folder(place: string, real: string, above: readonly string[]): Promise<void> {
    this.signal.throwIfAborted();
    const entries = await readdir(real, { withFileTypes: true }).catch((error: unknown) =>
      unreadable(this.#shown(place), error),
    );
    const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
    const results = await ownResults(real, files);
    for (const entry of entries) {
      const inside = place === '' ? entry.name : `${place}/${entry.name}`;
      if (results.has(entry.name)) {
        if (this.#isWanted(inside)) this.results.push({ place: inside, real: path.join(real, entry.name) });
        continue;
      }
      await this.#entry(entry, inside, path.join(real, entry.name), above);
    }
  }

  async #entry(entry: Dirent, place: string, at: string, above: readonly string[]): Promise<void> {
    if (entry.name.includes('\ufffd')) await this.#requireText(place, at);
    if (entry.isDirectory()) {
      if (this.#leads(place)) await this.folder(place, at, [...above, at]);
    } else if (entry.isSymbolicLink()) await this.#link(place, at, above);
    else if (this.#isWanted(place)) this.#add(place, at, entry.isFile());
  }

  async #link(place: string, at: string, above: readonly string[]): Promise<void> {
    const isWanted = this.search.wanted(place);
    const leads = this.search.leadsTo(place);
    if (this.search.isLeftOut(lastName(place)) || (!isWanted && !leads)) return;
    const real = await realpath(at).catch((error: unknown) => {
      this.#fault(
        `The link ${this.#shown(place)} ${systemCode(error) === 'ELOOP' ? 'leads in a circle' : 'leads nowhere'}. Remove it, or give a glob that leaves it out.`,
      );
      return undefined;
    });
    if (real === undefined) return;
    const found = await stat(real).catch((error: unknown) => unreadable(this.#shown(place), error));
    if (!found.isDirectory()) {
      if (isWanted) this.#add(place, real, found.isFile());
      return;
    }
    if (!leads) return;
    if (above.includes(real)) {
      return this.#fault(
        `The link ${this.#shown(place)} leads to a folder above it, so its files would never end. Remove it, or give a glob that leaves it out.`,
      );
    }
    await this.folder(place, real, [...above, real]);
  }

  /** Bytes that are no UTF-8 are shown as this character, and then there is no file of the shown name. */
  async #requireText(place: string, at: string): Promise<void> {
    if ((await lstat(at).catch(() => undefined)) !== undefined) return;
    throw new UserError(
      `The name of ${this.#shown(place)} is not UTF-8. Rename it (convmv -f latin1 -t utf-8), or give a glob that leaves it out.`,
    );
  }

  #leads(place: string): boolean {
    return !this.search.isLeftOut(lastName(place)) && this.search.leadsTo(place);
  }

  #isWanted(place: string): boolean {
    if (!this.search.wanted(place)) return false;
    if (!this.search.isLeftOut(lastName(place))) return true;
    this.leftOut.push(place);
    return false;
  }

  #add(place: string, real: string, isFile: boolean): void {
    if (!isFile) {
      return this.#fault(
        `${this.#shown(place)} is not a regular file, but a socket, a pipe or a device. Give a glob that leaves it out.`,
      );
    }
    if (this.files.length >= MOST_FILES) {
      throw new UserError(
        `The dataset ${this.search.name} has more than ${MOST_FILES} files. If each file is an item: --format files. Otherwise join them into fewer ones, or submit them as several jobs.`,
      );
    }
    this.files.push({ place, real });
  }

  #fault(message: string): void {
    this.faults.push(new UserError(message));
  }

  #shown(place: string): string {
    return place === '' ? this.search.name : path.posix.join(this.search.name, place);
  }
}

function unreadable(name: string, error: unknown): never {
  if (systemCode(error) === undefined) throw error;
  throw new UserError(
    `Cannot read ${name}: ${messageOf(error)}. Change its permissions, or give a glob that leaves it out.`,
  );
}
