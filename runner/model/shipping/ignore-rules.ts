/**
 * Decides which paths the ignore files exclude. `.spotpoolignore` comes first, then `.gitignore`, then the built-in patterns. Of several
 * files of one kind the nearest to the path decides. The patterns have git's syntax, and as in git an excluded folder is not entered.
 *
 * `.gitignore` lists files that do not belong into a repository, but the model may need some of them. So `.gitignore` never excludes
 * `node_modules`, nor a named path (the entry, a script of the command) and the folders above it. An ignored `dist/` that holds the entry
 * is shipped whole.
 */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { messageOf, systemCode, UserError } from '../../errors.js';

export const OWN_IGNORE_FILE = '.spotpoolignore';
const GIT_IGNORE_FILE = '.gitignore';
export const PACKAGES = 'node_modules';

/** Caches, logs, and files of editors and systems. No model reads them, and most of them change by themselves. */
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
/** Packages may have folders of any name, so within packages only the caches of tools are excluded. */
const NEVER_OF_USE_IN_PACKAGES = ['.cache/'];

export interface Hidden {
  /** The rule that excludes the path, for messages. */
  readonly by: string;
}

interface Layer {
  /** The name of the ignore file, for messages. */
  readonly name: string;
  readonly rules: Ignore;
  /** Converts a path of the walk to one relative to the ignore file. Undefined when the path is outside the file's folder. */
  readonly see: (asked: string) => string | undefined;
}

export class IgnoreRules {
  readonly #own: Layer[] = [];
  readonly #git: Layer[] = [];

  readonly #root: string;
  /** The named paths and all folders above them. */
  readonly #named: ReadonlySet<string>;

  readonly #readsGit: boolean;
  readonly #hidesCaches: boolean;

  private constructor(root: string, named: ReadonlySet<string>, readsGit: boolean, hidesCaches: boolean) {
    this.#root = root;
    this.#named = named;
    this.#readsGit = readsGit;
    this.#hidesCaches = hidesCaches;
  }

  /**
   * `named` holds paths relative to the root that `.gitignore` cannot exclude. Words that are no paths do no harm. Without `git`, no `.gitignore` is
   * read. Without `caches`, the built-in patterns do not count.
   */
  static async of(root: string, named: readonly string[], { git = true, caches = true } = {}): Promise<IgnoreRules> {
    const rules = new IgnoreRules(root, new Set(named.flatMap(withFolders)), git, caches);
    for (const folder of git ? await repositoryAbove(root) : []) {
      const below = posix(path.relative(folder, root));
      const name = `${posix(path.relative(root, folder))}/${GIT_IGNORE_FILE}`;
      await addLayer(rules.#git, path.join(folder, GIT_IGNORE_FILE), name, (asked) => `${below}/${asked}`);
    }
    return rules;
  }

  /** Reads the ignore files of a folder. Call it before `hidden` for anything in the folder. '' is the root. */
  async enter(folder: string): Promise<void> {
    if (isInPackages(folder)) return; // a package's own ignore files are about the package's repository
    for (const [layers, file] of [[this.#git, GIT_IGNORE_FILE] as const, [this.#own, OWN_IGNORE_FILE] as const]) {
      if (file === GIT_IGNORE_FILE && !this.#readsGit) continue;
      const name = path.posix.join(folder, file);
      await addLayer(layers, path.join(this.#root, name), name, (asked) =>
        folder === '' ? asked : asked.startsWith(`${folder}/`) ? asked.slice(folder.length + 1) : undefined,
      );
    }
  }

  /** Undefined when no rule matches the path. `kept` when `.spotpoolignore` says that it must be shipped. */
  hidden(place: string, isFolder: boolean): Hidden | 'kept' | undefined {
    const asked = isFolder ? `${place}/` : place;
    const own = opinion(this.#own, asked);
    if (own !== undefined) return own;
    if (this.#named.has(place)) return undefined;
    const inPackages = isInPackages(place);
    const isPackages = isFolder && path.posix.basename(place) === PACKAGES;
    const git = inPackages || isPackages ? undefined : opinion(this.#git, asked);
    if (git !== undefined) return git === 'kept' ? undefined : git;
    if (!this.#hidesCaches) return undefined;
    const useless = inPackages ? USELESS_IN_PACKAGES : USELESS;
    if (!useless.test(asked).ignored) return undefined;
    return { by: /venv$/.test(place) ? 'a virtual environment' : 'a cache or log' };
  }
}

const isInPackages = (place: string): boolean => place.split('/').slice(0, -1).includes(PACKAGES) || place === PACKAGES;

/** The verdict of the nearest ignore file that matches the path. */
function opinion(layers: readonly Layer[], asked: string): Hidden | 'kept' | undefined {
  for (const { name, rules, see } of layers.toReversed()) {
    const seen = see(asked);
    if (seen === undefined) continue;
    const folder = path.posix.dirname(seen);
    // This file excludes the folder, but the folder was entered because a stronger rule keeps it. So this file does not count for its contents.
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
    throw new UserError(`Cannot read the ignore file ${file}: ${messageOf(error)}.`);
  });
  if (text !== undefined) layers.push({ name, rules: patterns(text), see });
}

/** Patterns are case-sensitive on all systems, so that the same files give the same bundle everywhere. */
function patterns(lines: string | readonly string[]): Ignore {
  return ignore({ ignorecase: false }).add(lines);
}

const USELESS = patterns(NEVER_OF_USE);
const USELESS_IN_PACKAGES = patterns(NEVER_OF_USE_IN_PACKAGES);

/** The folders above the root up to its repository's folder, outermost first. Empty when the root is in no repository, or is the repository's folder. */
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

/** The path and all folders above it. An absolute path names a file on the instance, so it gives nothing. */
function withFolders(place: string): readonly string[] {
  if (path.posix.isAbsolute(place)) return [];
  const folder = path.posix.dirname(place);
  // The folder of `/` is `/` again, so the recursion must stop there.
  return folder === '.' || folder === place ? [place] : [place, ...withFolders(folder)];
}
