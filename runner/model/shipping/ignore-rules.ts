/**
 * The word of the ignore files about a path: `.spotpoolignore` first, then `.gitignore`, then what is never of use to a model; in each the file nearest to the
 * path. The patterns are git's. Whoever walks does not enter what is hidden, as git does not.
 *
 * `.gitignore` says what does not belong into a repository, which is not the same as what a model can do without: it never hides `node_modules`, nor
 * what was named (the entry, a script of the command) with the folders that it lies in: an ignored `dist/` with the entry in it is shipped whole.
 */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { messageOf, systemCode, UserError } from '../../errors.js';

export const OWN_IGNORE_FILE = '.spotpoolignore';
const GIT_IGNORE_FILE = '.gitignore';
export const PACKAGES = 'node_modules';

/** Caches, editors' and systems' files, logs: nothing that a model reads, and most of it changes by itself. */
const NEVER_OF_USE = [
  '__pycache__/',
  '*.py[co]',
  '.pytest_cache/',
  '.mypy_cache/',
  '.ruff_cache/',
  '.ipynb_checkpoints/',
  '.venv/',
  'venv/',
  '.DS_Store',
  'Thumbs.db',
  '*.log',
];
/** Packages bring their own folders of all names; only what tools put among them is left out. */
const NEVER_OF_USE_IN_PACKAGES = ['.cache/'];

export interface Hidden {
  /** For people: what hides it. */
  readonly by: string;
}

interface Layer {
  /** The ignore file. */
  readonly name: string;
  readonly rules: Ignore;
  /** A path of the walk as its patterns see it; undefined when it is none of theirs. */
  readonly see: (asked: string) => string | undefined;
}

export class IgnoreRules {
  readonly #own: Layer[] = [];
  readonly #git: Layer[] = [];

  readonly #root: string;
  /** Paths that were named, and the folders above them. */
  readonly #named: ReadonlySet<string>;

  private constructor(root: string, named: ReadonlySet<string>) {
    this.#root = root;
    this.#named = named;
  }

  /** `named`: paths relative to the root that git's rules cannot hide, and words that may be such. */
  static async of(root: string, named: readonly string[]): Promise<IgnoreRules> {
    const rules = new IgnoreRules(root, new Set(named.flatMap(withFolders)));
    for (const folder of await repositoryAbove(root)) {
      const below = posix(path.relative(folder, root));
      const name = `${posix(path.relative(root, folder))}/${GIT_IGNORE_FILE}`;
      await addLayer(rules.#git, path.join(folder, GIT_IGNORE_FILE), name, (asked) => `${below}/${asked}`);
    }
    return rules;
  }

  /** Before anything in the folder is asked for; '' is the root. */
  async enter(folder: string): Promise<void> {
    if (isInPackages(folder)) return; // packages' own ignore files are about their repositories
    for (const [layers, file] of [[this.#git, GIT_IGNORE_FILE] as const, [this.#own, OWN_IGNORE_FILE] as const]) {
      const name = path.posix.join(folder, file);
      await addLayer(layers, path.join(this.#root, name), name, (asked) =>
        folder === '' ? asked : asked.startsWith(`${folder}/`) ? asked.slice(folder.length + 1) : undefined,
      );
    }
  }

  /** Undefined when nothing is said against the path; `kept` when `.spotpoolignore` says that it is to be shipped. */
  hidden(place: string, isFolder: boolean): Hidden | 'kept' | undefined {
    const asked = isFolder ? `${place}/` : place;
    const own = opinion(this.#own, asked);
    if (own !== undefined) return own;
    if (this.#named.has(place)) return undefined;
    const inPackages = isInPackages(place);
    const isPackages = isFolder && path.posix.basename(place) === PACKAGES;
    const git = inPackages || isPackages ? undefined : opinion(this.#git, asked);
    if (git !== undefined) return git === 'kept' ? undefined : git;
    const useless = inPackages ? USELESS_IN_PACKAGES : USELESS;
    if (!useless.test(asked).ignored) return undefined;
    return { by: /venv$/.test(place) ? 'a virtual environment' : 'a cache or log' };
  }
}

const isInPackages = (place: string): boolean => place.split('/').slice(0, -1).includes(PACKAGES) || place === PACKAGES;

/** By the nearest ignore file that says anything. */
function opinion(layers: readonly Layer[], asked: string): Hidden | 'kept' | undefined {
  for (const { name, rules, see } of layers.toReversed()) {
    const seen = see(asked);
    if (seen === undefined) continue;
    const folder = path.posix.dirname(seen);
    // It hides the folder, which was entered all the same: what it says of the contents, it says of the folder.
    if (folder !== '.' && rules.test(`${folder}/`).ignored) continue;
    const { ignored, unignored } = rules.test(seen);
    if (ignored) return { by: name };
    if (unignored) return 'kept';
  }
  return undefined;
}

async function addLayer(layers: Layer[], file: string, name: string, see: Layer['see']): Promise<void> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (['ENOENT', 'EISDIR', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw new UserError(`The ignore file ${file} cannot be read: ${messageOf(error)}.`);
  });
  if (text !== undefined) layers.push({ name, rules: patterns(text), see });
}

/** Case counts on all machines alike: the same files are the same bundle. */
function patterns(lines: string | readonly string[]): Ignore {
  return ignore({ ignorecase: false }).add(lines);
}

const USELESS = patterns(NEVER_OF_USE);
const USELESS_IN_PACKAGES = patterns(NEVER_OF_USE_IN_PACKAGES);

/** Folders above the root up to that of its repository, the outermost first; none when it is in no repository, or is its folder. */
async function repositoryAbove(root: string): Promise<readonly string[]> {
  const folders: string[] = [];
  for (let folder = root; !(await isThere(path.join(folder, '.git'))); folder = path.dirname(folder)) {
    const parent = path.dirname(folder);
    if (parent === folder) return [];
    folders.unshift(parent);
  }
  return folders;
}

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

const posix = (place: string): string => place.split(path.sep).join('/');

/** Some words of a command are no places in the directory: an absolute path is the instance's. */
function withFolders(place: string): readonly string[] {
  if (path.posix.isAbsolute(place)) return [];
  const folder = path.posix.dirname(place);
  // The folder of / is / again: a command may name its program by an absolute path.
  return folder === '.' || folder === place ? [place] : [place, ...withFolders(folder)];
}
