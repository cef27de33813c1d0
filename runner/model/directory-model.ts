/** Resolves a directory as a model. It is shipped with its own dependencies and weights, and its entry is a module. */
import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, UserError } from '../errors.js';
import type { BundleEntry } from './bundle.js';
import { compileModule } from './compile-module.js';
import { directoryEntries } from './directory-entries.js';
import type { ModelRequest, ResolvedModel } from './resolved-model.js';

const ENTRY_NAMES = ['index', 'model'].flatMap((name) =>
  ['mjs', 'js', 'cjs', 'mts', 'ts'].map((extension) => `${name}.${extension}`),
);
const TYPESCRIPT = /\.[mc]?ts$/;

export async function resolveDirectory(directory: string, request: ModelRequest): Promise<ResolvedModel> {
  const name = request.argument;
  const root = await realpath(directory);
  const entry = await findEntry(root, name);
  if (!TYPESCRIPT.test(entry)) {
    return { name, start: { kind: 'module', entry }, ...(await directoryEntries(root, request, [entry])) };
  }
  const outPath = entry.replace(TYPESCRIPT, '.compiled.mjs');
  const { code, assets, inPlace, sourceMap } = await compileModule({
    entry: path.join(root, entry),
    outPath,
    externalPackages: true,
    shippedRoot: root,
  });
  const { entries, leftOut } = await directoryEntries(root, request, [entry, ...inPlace]);
  const compiled: BundleEntry = { kind: 'file', path: outPath, executable: false, content: code };
  const shipped = [...entries.filter(({ path: place }) => place !== outPath), compiled, ...assets];
  return { name, start: { kind: 'module', entry: outPath }, entries: shipped, leftOut, sourceMap };
}

export async function findEntry(root: string, name: string): Promise<string> {
  const named = await entryOfPackage(root, name);
  if (named !== undefined) {
    const found = await firstFile(root, [named, ...['.js', '/index.js'].map((ending) => named + ending)]);
    if (found !== undefined) return found;
    throw new UserError(`The package.json of the model ${name} names the entry ${named}, which does not exist.`);
  }
  const found = await firstFile(root, ENTRY_NAMES);
  if (found !== undefined) return found;
  throw new UserError(
    `The directory ${name} has no entry module: package.json has neither exports nor main, and there is none of ${ENTRY_NAMES.join(', ')}. ` +
      `If the model is a Python file, name the file: --model ${path.posix.join(name, 'model.py')}. ` +
      `If a command starts the model, give it: --model 'Rscript model.R' --files ${name}`,
  );
}

async function firstFile(root: string, candidates: readonly string[]): Promise<string | undefined> {
  for (const candidate of candidates) {
    const relative = path.posix.normalize(candidate);
    if (relative.startsWith('../')) continue;
    const found = await stat(path.join(root, relative)).catch(() => undefined);
    if (found?.isFile()) return relative;
  }
  return undefined;
}

async function entryOfPackage(root: string, name: string): Promise<string | undefined> {
  const text = await readFile(path.join(root, 'package.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    throw new UserError(`The package.json of the model ${name} is not JSON (${messageOf(error)}).`);
  }
  if (typeof manifest !== 'object' || manifest === null) return undefined;
  const { exports, main } = manifest as Readonly<Record<string, unknown>>;
  return chosenExport(exports) ?? (typeof main === 'string' ? main : undefined);
}

/** Finds the file that `import` would load from the package's root. https://nodejs.org/api/packages.html#conditional-exports */
function chosenExport(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports;
  if (Array.isArray(exports)) return exports.map(chosenExport).find((entry) => entry !== undefined);
  if (typeof exports !== 'object' || exports === null) return undefined;
  for (const [key, value] of Object.entries(exports)) {
    if (!['.', 'node', 'import', 'default', 'module-sync'].includes(key)) continue;
    const chosen = chosenExport(value);
    if (chosen !== undefined) return chosen;
  }
  return undefined;
}
