/**
 * Finds the files that a Python model imports and that lie beside it: modules as files, packages whole. Whatever is not beside it comes from
 * Python's standard library or from the model's requirements.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { isKind } from './file-kinds.js';
import { importsOf, type PythonImport } from './python-imports.js';

export interface Neighbours {
  /** The folder from which absolute imports are found; it becomes the bundle's root. */
  readonly root: string;
  /** Absolute paths to ship: files, and folders of packages. */
  readonly shipped: ReadonlySet<string>;
  /** The files that were reached by imports. */
  readonly reached: ReadonlySet<string>;
  /** Absolute imports of what is not beside the model, with the place of the first import of each. */
  readonly elsewhere: ReadonlyMap<string, { readonly file: string; readonly line: number }>;
}

/** The worker provides this module (docs/how-to/python-model.md). */
const PROVIDED = new Set(['spotpool_model']);
const PACKAGE_FILE = '__init__.py';
const NATIVE_MODULE = /\.(so|pyd)$/;

export async function findNeighbours(entry: string): Promise<Neighbours> {
  const finder = new Finder(entry, await outermostPackage(path.dirname(entry)));
  await finder.follow(entry);
  return finder.found();
}

/** The folder above the outermost package that the folder belongs to; the folder itself when it is no package. */
async function outermostPackage(folder: string): Promise<string> {
  let at = folder;
  while (await isKind(path.join(at, PACKAGE_FILE), 'file')) at = path.dirname(at);
  return at;
}

class Finder {
  readonly #beside: string;
  readonly #above: string;
  readonly #shipped = new Set<string>();
  readonly #reached = new Set<string>();
  readonly #elsewhere = new Map<string, { readonly file: string; readonly line: number }>();

  constructor(entry: string, above: string) {
    this.#beside = path.dirname(entry);
    this.#above = above;
    this.#shipped.add(entry);
  }

  found(): Neighbours {
    const needsAbove = [...this.#shipped].some((file) => !isBelow(this.#beside, file));
    return {
      root: needsAbove ? this.#above : this.#beside,
      shipped: this.#shipped,
      reached: this.#reached,
      elsewhere: this.#elsewhere,
    };
  }

  async follow(file: string): Promise<void> {
    if (this.#reached.has(file)) return;
    this.#reached.add(file);
    if (!file.endsWith('.py')) return;
    for (const one of importsOf(await readFile(file, 'utf8'))) {
      if (one.level > 0) await this.#relative(file, one);
      else await this.#absolute(file, one);
    }
  }

  async #absolute(file: string, one: PythonImport): Promise<void> {
    const [first = ''] = one.module.split('.');
    // Python, too, looks in the folder of the model first.
    for (const base of new Set([this.#beside, this.#above])) {
      const found = await this.#find(base, one);
      if (found.length === 0) continue;
      const own = await topLevelPath(base, first);
      if (own !== undefined) this.#shipped.add(own);
      for (const reached of found) await this.follow(reached);
      return;
    }
    if (PROVIDED.has(first) || this.#elsewhere.has(first)) return;
    this.#elsewhere.set(first, { file, line: one.line });
  }

  async #relative(file: string, one: PythonImport): Promise<void> {
    let base = path.dirname(file);
    for (let level = 1; level < one.level; level += 1) base = path.dirname(base);
    if (!isBelow(this.#above, base) && base !== this.#above) return; // Python refuses it, too.
    const found = await this.#find(base, one);
    const isInEntrysPackage = this.#above !== this.#beside && isBelow(this.#above, base);
    if (isInEntrysPackage) {
      const [first = ''] = path.relative(this.#above, base).split(path.sep);
      this.#shipped.add(path.join(this.#above, first));
    }
    for (const reached of found) {
      if (!isInEntrysPackage) this.#shipped.add(reached);
      await this.follow(reached);
    }
  }

  /** Returns the files that Python runs for the import: those of the packages on the way, and of the submodules that are named. */
  async #find(base: string, { module, names }: PythonImport): Promise<readonly string[]> {
    const found: string[] = [];
    let folder = base;
    const parts = module === '' ? [] : module.split('.');
    for (const [at, part] of parts.entries()) {
      const step = await moduleAt(folder, part);
      if (step === undefined) return at === 0 ? [] : found;
      found.push(...step.files);
      if (step.folder === undefined) return found;
      folder = step.folder;
    }
    if (module === '' && (await isKind(path.join(folder, PACKAGE_FILE), 'file'))) {
      found.push(path.join(folder, PACKAGE_FILE));
    }
    for (const name of names) found.push(...((await moduleAt(folder, name))?.files ?? []));
    return found;
  }
}

interface ModulePlace {
  readonly files: readonly string[];
  /** The folder of a package. */
  readonly folder?: string;
}

async function moduleAt(folder: string, name: string): Promise<ModulePlace | undefined> {
  const below = path.join(folder, name);
  const packageFile = path.join(below, PACKAGE_FILE);
  if (await isKind(packageFile, 'file')) return { files: [packageFile], folder: below };
  if (await isKind(`${below}.py`, 'file')) return { files: [`${below}.py`] };
  const native = await nativeModule(folder, name);
  if (native !== undefined) return { files: [native] };
  // A folder without __init__.py is a package, too, if the import names something in it.
  return (await isKind(below, 'directory')) ? { files: [], folder: below } : undefined;
}

async function nativeModule(folder: string, name: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  const found = names.find((file) => file.startsWith(`${name}.`) && NATIVE_MODULE.test(file));
  return found === undefined ? undefined : path.join(folder, found);
}

/** A top-level name ships the package's folder, or the module's file. */
async function topLevelPath(base: string, name: string): Promise<string | undefined> {
  const place = await moduleAt(base, name);
  return place?.folder ?? place?.files[0];
}

const isBelow = (folder: string, file: string): boolean => file.startsWith(folder + path.sep);
