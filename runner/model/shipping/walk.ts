/** Walks a directory to ship. It decides which files go into the bundle, which are left out, and which need the user's decision. */
import type { Stats } from 'node:fs';
import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { type BundleEntry, fileEntry } from '../bundle.js';
import { type IgnoreRules, PACKAGES } from './ignore-rules.js';
import { isResultsFile } from './results-file.js';
import { secretFile, secretFolder } from './secrets.js';

export interface LeftOut {
  /** The path relative to the directory. A folder's path ends in `/`. */
  readonly path: string;
  /** The kind of file, or the ignore file that excludes it. For messages. */
  readonly why: string;
  /** Absent for folders, because they are not entered. */
  readonly bytes?: number;
}

export interface Walked {
  readonly entries: readonly BundleEntry[];
  readonly leftOut: readonly LeftOut[];
  /** Probable secrets. They are not in `entries`. */
  readonly secrets: readonly { readonly path: string; readonly what: string }[];
  /** Links that lead out of the directory. They are not in `entries`. */
  readonly outward: readonly { readonly path: string; readonly target: string }[];
}

/** A file or folder of the user that is not part of the model, such as the dataset or an output. */
export interface ExcludedFile {
  readonly file: string;
  readonly why: string;
  /** True when not even `--ship` includes it. */
  readonly always: boolean;
}

export interface WalkRequest {
  readonly rules: IgnoreRules;
  /** Paths relative to the root that are always shipped, with everything below them. */
  readonly ship: ReadonlySet<string>;
  readonly followLinks: boolean;
  readonly excluded: readonly ExcludedFile[];
  /** Paths relative to the root. When present, nothing else is looked at; '' is the root. */
  readonly only?: ReadonlySet<string>;
}

const VERSION_CONTROL = 'version control';
const VERSION_CONTROL_NAMES = new Set(['.git', '.hg', '.svn', '.jj']);

export async function walk(directory: string, request: WalkRequest): Promise<Walked> {
  const walker = new Walker(await realpath(directory), request, await byIdentity(request.excluded));
  await walker.folder(walker.root, '', { copied: [], onlyAsked: false });
  return walker.found();
}

interface FolderState {
  /** The real paths of linked folders that are being copied on the path to this folder. A link to one of them would never end. */
  readonly copied: readonly string[];
  /** True in a folder that is left out, except for paths that `--ship` names. */
  readonly onlyAsked: boolean;
}

class Walker {
  readonly #entries: BundleEntry[] = [];
  readonly #leftOut: LeftOut[] = [];
  readonly #secrets: { path: string; what: string }[] = [];
  readonly #outward: { path: string; target: string }[] = [];
  /** Links to paths inside the directory. Their targets may turn out to be left out. */
  readonly #inner: { readonly path: string; readonly target: string; readonly place: string }[] = [];

  readonly #request: WalkRequest;
  readonly #excluded: ReadonlyMap<string, ExcludedFile>;

  constructor(
    readonly root: string,
    request: WalkRequest,
    excluded: ReadonlyMap<string, ExcludedFile>,
  ) {
    this.#request = request;
    this.#excluded = excluded;
  }

  found(): Walked {
    const shipped = new Set(['', ...this.#entries.map((entry) => entry.path)]);
    for (const { path: place, target, place: pointsAt } of this.#inner) {
      if (shipped.has(pointsAt)) this.#entries.push({ kind: 'symlink', path: place, target });
      else this.#leave(place, 'its target is left out');
    }
    const entries = this.#entries;
    const leftOut = this.#leftOut;
    const secrets = this.#secrets;
    const outward = this.#outward;
    return { entries, leftOut, secrets, outward };
  }

  async folder(absolute: string, place: string, state: FolderState): Promise<void> {
    await this.#request.rules.enter(place);
    for (const name of (await readdir(absolute)).sort()) {
      await this.#visit(path.join(absolute, name), place === '' ? name : `${place}/${name}`, state);
    }
  }

  async #visit(absolute: string, place: string, state: FolderState): Promise<void> {
    const asked = this.#isAsked(place);
    const leads = this.#leadsToAsked(place);
    if (!asked && !leads && !this.#isLookedAt(place)) return;
    if (state.onlyAsked && !asked && !leads) return; // It is reported together with the folder.
    const found = await lstat(absolute);
    const why = await this.#whyLeftOut(absolute, place, found, asked);
    if (why !== undefined) this.#leave(place, why, found);
    if (why !== undefined && (!leads || !found.isDirectory() || why === VERSION_CONTROL)) return;
    if (found.isSymbolicLink()) return await this.#link(absolute, place, state);
    if (found.isDirectory()) {
      const onlyAsked = !asked && (state.onlyAsked || why !== undefined);
      return await this.#subfolder(absolute, place, { ...state, onlyAsked });
    }
    if (!found.isFile()) return this.#leave(place, 'not a regular file');
    const secret = asked ? undefined : await secretFile(place, absolute, found.size);
    if (secret === undefined) this.#entries.push(fileEntry(absolute, place, found));
    else this.#secrets.push({ path: place, what: secret });
  }

  async #subfolder(absolute: string, place: string, state: FolderState): Promise<void> {
    const secret = this.#isAsked(place) ? undefined : secretFolder(place, absolute);
    const leads = this.#leadsToAsked(place);
    if (secret !== undefined && !state.onlyAsked) this.#secrets.push({ path: `${place}/`, what: secret });
    if (secret !== undefined && !leads) return;
    this.#entries.push({ kind: 'directory', path: place });
    await this.folder(absolute, place, { ...state, onlyAsked: state.onlyAsked || secret !== undefined });
  }

  /** A link inside the directory stays a relative link, so that layouts such as pnpm's survive. The target of an outward link is copied only on request. */
  async #link(absolute: string, place: string, state: FolderState): Promise<void> {
    const { copied } = state;
    const real = await realpath(absolute).catch(() => undefined);
    if (real === undefined) return this.#leave(place, 'a broken link');
    if (copied.includes(real)) return this.#leave(place, 'a link to a folder above it');
    if (copied.length === 0 && isInside(this.root, real)) {
      const pointsAt = path.relative(this.root, real).split(path.sep).join('/');
      this.#inner.push({ path: place, target: await innerTarget(this.root, absolute, real), place: pointsAt });
      return;
    }
    if (!this.#request.followLinks && !this.#isAsked(place)) {
      this.#outward.push({ path: place, target: real });
    } else if ((await stat(real)).isDirectory()) {
      await this.#subfolder(real, place, { ...state, copied: [...copied, real] });
    } else {
      await this.#visit(real, place, state);
    }
  }

  async #whyLeftOut(absolute: string, place: string, found: Stats, asked: boolean): Promise<string | undefined> {
    if (VERSION_CONTROL_NAMES.has(path.posix.basename(place))) return VERSION_CONTROL;
    const target = found.isSymbolicLink() ? await stat(absolute).catch(() => found) : found;
    const excluded = this.#excluded.get(identity(target));
    if (excluded !== undefined && (excluded.always || !asked)) return excluded.why;
    if (asked) return undefined;
    const hidden = this.#request.rules.hidden(place, found.isDirectory());
    if (hidden === 'kept') return undefined;
    if (hidden !== undefined) return hidden.by;
    if (place.includes(`${PACKAGES}/`)) return undefined;
    if (found.isDirectory() && (await isThere(path.join(absolute, 'pyvenv.cfg')))) return 'a virtual environment';
    return found.isFile() && (await isResultsFile(absolute)) ? 'results of a job' : undefined;
  }

  #isAsked(place: string): boolean {
    return isWithin(this.#request.ship, place);
  }

  #isLookedAt(place: string): boolean {
    const { only } = this.#request;
    if (only === undefined || only.has('')) return true;
    return isWithin(only, place) || [...only].some((wanted) => wanted.startsWith(`${place}/`));
  }

  #leadsToAsked(place: string): boolean {
    return [...this.#request.ship].some((asked) => asked.startsWith(`${place}/`));
  }

  #leave(place: string, why: string, found?: Stats): void {
    if (found?.isDirectory()) this.#leftOut.push({ path: `${place}/`, why });
    else this.#leftOut.push({ path: place, why, ...(found?.isFile() ? { bytes: found.size } : {}) });
  }
}

/** True for a path of the set, and for everything below one. */
function isWithin(places: ReadonlySet<string>, place: string): boolean {
  for (let at = place; at !== '.'; at = path.posix.dirname(at)) if (places.has(at)) return true;
  return false;
}

/** The identity of a file is the same for all its names, links and spellings. */
const identity = ({ dev, ino }: Pick<Stats, 'dev' | 'ino'>): string => `${dev}:${ino}`;

async function byIdentity(excluded: readonly ExcludedFile[]): Promise<ReadonlyMap<string, ExcludedFile>> {
  const found = new Map<string, ExcludedFile>();
  for (const one of excluded) {
    const seen = await stat(one.file).catch(() => undefined);
    if (seen !== undefined) found.set(identity(seen), one);
  }
  return found;
}

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

const isInside = (root: string, file: string): boolean => file === root || file.startsWith(root + path.sep);

/** The link's own text when it stays inside the directory, else a relative path to its real target. */
async function innerTarget(root: string, link: string, real: string): Promise<string> {
  const written = await readlink(link);
  const staysInside = !path.isAbsolute(written) && isInside(root, path.resolve(path.dirname(link), written));
  return staysInside ? written : path.relative(path.dirname(link), real);
}
