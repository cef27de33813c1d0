/**
 * Finds the files of a folder that are items, in the byte order of their names. `.spotpoolignore` has git's syntax and counts in each folder, as for
 * weights. Git's own ignore files do not count, because data is seldom in git: a `data/` that git ignores would have no items.
 *
 * What is no item is counted, and never passed over in silence.
 */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { oneLine, plural } from '../../display/format.js';
import { messageOf, systemCode, UserError } from '../../errors.js';
import { IgnoreRules } from '../../model/shipping/ignore-rules.js';
import { ownFiles } from '../sources/own-results.js';
import { isLeftover } from '../sources/names.js';

export interface FolderFile {
  /** The real path of the folder that the name is relative to. The files of a folder share it. */
  readonly root: string;
  /** The path below the folder, with `/` between the names of folders. */
  readonly name: string;
  /** The size when the folder was walked; 0 when it could not be seen. */
  readonly bytes: number;
}

export interface WalkedFolder {
  readonly files: readonly FolderFile[];
  /** How many of each kind were left out. The keys are plural nouns for messages. */
  readonly leftOut: ReadonlyMap<LeftOutKind, number>;
}

const LEFT_OUT = {
  hidden: ['hidden file or folder', 'hidden files and folders'],
  ignored: ['file or folder that .spotpoolignore names', 'files and folders that .spotpoolignore names'],
  system: ['file of the operating system', 'files of the operating system'],
  folderLink: ['link to a folder within it', 'links to folders within it'],
  loop: ['link to a folder that contains it', 'links to folders that contain them'],
  special: ['socket, pipe or device', 'sockets, pipes and devices'],
  empty: ['empty folder', 'empty folders'],
  result: ['file of results of an earlier job', 'files of results of earlier jobs'],
  output: ['file that this command writes', 'files that this command writes'],
} as const;
export type LeftOutKind = keyof typeof LEFT_OUT;

export interface WalkRequest {
  /** The dataset's name on the command line, for messages. */
  readonly name: string;
  readonly folder: string;
  /** True when links that lead out of the folder are followed. */
  readonly followLinks: boolean;
  /** Absolute paths that are no items, because the command writes them. */
  readonly outputs: readonly string[];
  /** The files that a glob means. All files of the folder when absent. */
  readonly only?: OnlySome;
}

/** Both take a path below the folder. */
export interface OnlySome {
  wanted(place: string): boolean;
  /** True when a folder may hold such files. */
  leadsTo(place: string): boolean;
}

/** The names are in memory, in about 100 bytes each. */
const MOST_FILES = 2_000_000;
/** A longer list would add nothing. */
const SHOWN = 8;
/** Operating systems put these files into folders of images. They are not hidden everywhere. */
const SYSTEM_FILES = new Set(['thumbs.db', 'desktop.ini', 'icon\r']);
const STATS_AT_ONCE = 64;

export async function walkFolder(request: WalkRequest, signal: AbortSignal): Promise<WalkedFolder> {
  const root = await realpath(request.folder);
  const walker = new Walker(root, request, signal);
  await walker.folder({ absolute: root, place: '', linked: [root] }, await IgnoreRules.of(root, [], NO_OTHERS));
  return walker.found();
}

/** Data may be logs, or lie in a folder whose name is that of a cache. */
const NO_OTHERS = { git: false, caches: false };

interface Place {
  readonly absolute: string;
  /** The path below the root; '' is the root. */
  readonly place: string;
  /** The real paths of the root and of the linked folders on the way to this one. A link to one of them would never end. */
  readonly linked: readonly string[];
}

interface FolderRules {
  readonly rules: IgnoreRules;
  /** The names of files that earlier jobs have written. */
  readonly results: ReadonlySet<string>;
}

class Walker {
  readonly #files: FolderFile[] = [];
  readonly #leftOut = new Map<LeftOutKind, number>();
  readonly #outward: { readonly place: string; readonly target: string }[] = [];
  readonly #root: string;
  readonly #request: WalkRequest;
  readonly #signal: AbortSignal;
  readonly #outputs: ReadonlySet<string>;
  /** True when the files of a linked folder are among the files. */
  #followed = false;

  constructor(root: string, request: WalkRequest, signal: AbortSignal) {
    this.#root = root;
    this.#request = request;
    this.#signal = signal;
    this.#outputs = new Set(request.outputs);
  }

  found(): WalkedFolder {
    const { name, only } = this.#request;
    if (this.#outward.length > 0) throw new UserError(outwardText(name, this.#outward));
    if (this.#files.length > 0) return { files: this.#inOrder(), leftOut: this.#leftOut };
    const text = leftOutText(this.#leftOut);
    throw new UserError(
      `The ${only === undefined ? 'folder' : 'dataset'} ${name} has no files that are items${text === undefined ? '' : `; it has ${text}`}.`,
    );
  }

  /** A followed link has the place of its own name among its neighbours, and its files have names that begin with it and a slash. */
  #inOrder(): readonly FolderFile[] {
    if (!this.#followed) return this.#files;
    const keyed = this.#files.map((file) => ({ file, key: Buffer.from(file.name) }));
    return keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ file }) => file);
  }

  /** Entries come in the byte order of all paths: a folder's name counts with the slash that follows it. */
  async folder(at: Place, rules: IgnoreRules): Promise<void> {
    await rules.enter(at.place);
    const entries = (await this.#read(at)).map((entry) => ({ entry, key: sortKey(entry) }));
    entries.sort((a, b) => Buffer.compare(a.key, b.key));
    const names = entries.filter(({ entry }) => !entry.isDirectory()).map(({ entry }) => entry.name.toString());
    const results = await ownFiles(at.absolute, names);
    if (entries.length === 0 && at.place !== '') this.#count('empty');
    for (let from = 0; from < entries.length; from += STATS_AT_ONCE) {
      this.#signal.throwIfAborted();
      const some = entries.slice(from, from + STATS_AT_ONCE);
      const seen = await Promise.all(some.map(({ entry }) => this.#look(at, entry, { rules, results })));
      for (const one of seen) await this.#take(one, rules);
    }
  }

  async #read({ absolute, place }: Place): Promise<readonly Dirent<Buffer>[]> {
    try {
      return await readdir(absolute, { withFileTypes: true, encoding: 'buffer' });
    } catch (error) {
      const which = place === '' ? this.#request.name : `${this.#request.name} / ${oneLine(place)}`;
      throw new UserError(
        `Cannot read the folder ${which}: ${reasonOf(error)}. Make it readable, or name it in .spotpoolignore in the folder of the dataset.`,
      );
    }
  }

  /** Decides what an entry is. It changes nothing, because many entries are looked at side by side. */
  async #look(at: Place, entry: Dirent<Buffer>, { rules, results }: FolderRules): Promise<Seen> {
    const own = this.#nameOf(entry, at);
    const place = at.place === '' ? own : `${at.place}/${own}`;
    const absolute = path.join(at.absolute, own);
    if (!this.#mayBeMeant(entry, place)) return { kind: 'other' };
    const verdict = rules.hidden(place, entry.isDirectory());
    if (verdict !== undefined && verdict !== 'kept') return { kind: 'ignored' };
    if (verdict !== 'kept' && own.startsWith('.')) return { kind: 'hidden' };
    if (SYSTEM_FILES.has(own.toLowerCase())) return { kind: 'system' };
    if (entry.isDirectory()) return { kind: 'folder', at: { absolute, place, linked: at.linked } };
    if (entry.isSymbolicLink()) return this.#lookAtLink(absolute, place, at);
    if (!entry.isFile()) return { kind: 'special' };
    if (this.#outputs.has(absolute)) return { kind: 'output' };
    if (results.has(own) || isLeftover(own)) return { kind: 'result' };
    // A file that vanishes meanwhile is an item that cannot be read.
    return { kind: 'file', file: this.#file(place, (await stat(absolute).catch(() => undefined))?.size ?? 0) };
  }

  #mayBeMeant(entry: Dirent<Buffer>, place: string): boolean {
    const { only } = this.#request;
    if (only === undefined) return true;
    if (entry.isDirectory()) return only.leadsTo(place);
    return only.wanted(place) || (entry.isSymbolicLink() && only.leadsTo(place));
  }

  async #lookAtLink(absolute: string, place: string, { linked }: Place): Promise<Seen> {
    const target = await realpath(absolute).catch(() => undefined);
    const found = target === undefined ? undefined : await stat(target).catch(() => undefined);
    // A link that leads nowhere is an item that cannot be read.
    if (target === undefined || found === undefined) return { kind: 'file', file: this.#file(place, 0) };
    const isInside = target === this.#root || target.startsWith(`${this.#root}${path.sep}`);
    if (!isInside && !this.#request.followLinks) return { kind: 'outward', place, target };
    if (found.isDirectory()) {
      if (this.#request.only?.leadsTo(place) === false) return { kind: 'other' };
      // The files of a folder within the dataset are items already.
      if (isInside) return { kind: 'folderLink' };
      if (linked.some((above) => above === target || above.startsWith(`${target}${path.sep}`))) return { kind: 'loop' };
      return { kind: 'folder', at: { absolute: target, place, linked: [...linked, target] } };
    }
    if (this.#request.only?.wanted(place) === false) return { kind: 'other' };
    return found.isFile() ? { kind: 'file', file: this.#file(place, found.size) } : { kind: 'special' };
  }

  readonly #file = (name: string, bytes: number): FolderFile => ({ root: this.#root, name, bytes });

  async #take(seen: Seen, rules: IgnoreRules): Promise<void> {
    if (seen.kind === 'folder') {
      this.#followed ||= seen.at.linked.length > 1;
      return this.folder(seen.at, rules);
    }
    if (seen.kind === 'outward') {
      this.#outward.push(seen);
      return;
    }
    if (seen.kind === 'other') return;
    if (seen.kind !== 'file') return this.#count(seen.kind);
    if (this.#files.length >= MOST_FILES) {
      throw new UserError(
        `The folder ${this.#request.name} has more than ${plural(MOST_FILES, 'file')}. Give smaller folders as several jobs, or upload the files and give s3://bucket/prefix/.`,
      );
    }
    this.#files.push(seen.file);
  }

  /** Results are JSON, which cannot say other names. */
  #nameOf({ name }: Dirent<Buffer>, { place }: Place): string {
    const text = name.toString('utf8');
    if (Buffer.from(text, 'utf8').equals(name)) return text;
    const where = place === '' ? this.#request.name : `${this.#request.name} / ${oneLine(place)}`;
    throw new UserError(
      `The folder ${where} has a file whose name is not UTF-8: ${name.toString('latin1').replaceAll(/[^\x20-\x7e]/g, escaped)}. Rename it, for example with convmv.`,
    );
  }

  #count(kind: LeftOutKind): void {
    this.#leftOut.set(kind, (this.#leftOut.get(kind) ?? 0) + 1);
  }
}

type Seen =
  | { readonly kind: 'file'; readonly file: FolderFile }
  | { readonly kind: 'folder'; readonly at: Place }
  | { readonly kind: 'outward'; readonly place: string; readonly target: string }
  /** The glob does not mean it. */
  | { readonly kind: 'other' }
  | { readonly kind: Exclude<LeftOutKind, 'empty'> };

const sortKey = (entry: Dirent<Buffer>): Buffer =>
  entry.isDirectory() ? Buffer.concat([entry.name, SLASH]) : entry.name;
const SLASH = Buffer.from('/');

const escaped = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** A sentence part such as "3 hidden files and folders, and 1 empty folder". Undefined when nothing was left out. */
export function leftOutText(leftOut: WalkedFolder['leftOut']): string | undefined {
  const parts = [...leftOut].map(([kind, count]) => plural(count, LEFT_OUT[kind][0], LEFT_OUT[kind][1]));
  if (parts.length === 0) return undefined;
  return parts.length === 1 ? parts[0] : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

function outwardText(name: string, outward: readonly { readonly place: string; readonly target: string }[]): string {
  const more = outward.length - SHOWN;
  return [
    `The folder ${name} has ${plural(outward.length, 'link')} that lead out of it. Their targets are uploaded only on request:`,
    ...outward.slice(0, SHOWN).map(({ place, target }) => `  ${oneLine(place)} -> ${oneLine(target)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
    'To use the targets: --follow-links. To leave the links out, name them in .spotpoolignore in the folder.',
  ].join('\n');
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'it does not exist',
  EIO: 'the disk failed',
};

/** The system's own message has the path of this machine, which differs from submit to submit. */
export const reasonOf = (error: unknown): string =>
  REASONS[systemCode(error) ?? ''] ?? systemCode(error) ?? messageOf(error);
