/** Resolves a Python file as a model: `model.py`, or `model.py:Name` for a class or a function in it. Its imported neighbours are shipped. */
import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors.js';
import type { BundleEntry } from './bundle.js';
import { setupFiles } from './command-model.js';
import { isKind } from './file-kinds.js';
import { directoryEntries } from './directory-entries.js';
import { definitionsOf, type PythonDefinition, type PythonDefinitions } from './python-definitions.js';
import { findNeighbours } from './python-neighbours.js';
import type { ModelRequest, ResolvedModel } from './resolved-model.js';
import { type LeftOut } from './shipping/walk.js';

export interface PythonReference {
  /** The file as the user gave it. */
  readonly given: string;
  readonly file: string;
  readonly name?: string;
}

const REFERENCE = /^(.+\.py)(?::(.*))?$/s;
const IDENTIFIER = /^[\p{ID_Start}_][\p{ID_Continue}_]*$/u;

/** Undefined when the argument is something else, such as a command. A missing file counts only if the argument cannot be a command. */
export async function pythonReference({ argument, cwd }: ModelRequest): Promise<PythonReference | undefined> {
  const [, given = '', name] = REFERENCE.exec(argument) ?? [];
  if (given === '') return undefined;
  const file = path.resolve(cwd, given);
  if (!(await isKind(file, 'file'))) {
    if (/\s/.test(given)) return undefined;
    throw new UserError(
      (await isKind(file, 'directory'))
        ? `The model ${given} is a directory. Give the Python file in it: --model ${given}/NAME.py`
        : `The model ${given} does not exist (no file ${file}).`,
    );
  }
  if (name === undefined) return { given, file };
  if (!IDENTIFIER.test(name)) {
    throw new UserError(
      `The model "${argument}" has ${name === '' ? 'nothing' : `"${name}"`} after the colon, where the name of a class or function in ${given} is expected.`,
    );
  }
  return { given, file, name };
}

export async function resolvePythonFile(reference: PythonReference, request: ModelRequest): Promise<ResolvedModel> {
  // The folder's links are resolved, because the files are compared with the folders of the bundle.
  const folder = await realpath(path.dirname(reference.file));
  const entry = path.join(folder, path.basename(reference.file));
  requireModel(reference, definitionsOf(await readFile(entry, 'utf8')));
  const { root, shipped, reached, elsewhere } = await findNeighbours(entry);
  const place = (file: string): string => path.relative(root, file).split(path.sep).join('/');
  const extra = await extraFiles(request, root);
  const only = new Set([...[...shipped].map(place), ...extra.inside]);
  const own = await directoryEntries(root, request, [...reached].map(place), only);
  requireShipped(reference, [...reached].map(place), own.leftOut, own.entries);
  const others = await outsideEntries(request, extra.outside);
  const setup = await setupFiles(request);
  const entries = [...new Map([...setup, ...others.entries, ...own.entries].map((one) => [one.path, one])).values()];
  return {
    name: request.argument,
    start: {
      kind: 'python',
      entry: place(entry),
      ...(reference.name === undefined ? {} : { name: reference.name }),
    },
    entries,
    leftOut: [...own.leftOut, ...others.leftOut],
    python: { folder, imports: [...elsewhere].map(([name, at]) => ({ name, file: place(at.file), line: at.line })) },
  };
}

/** Refuses a file in which the syntax shows that there is no model. */
function requireModel({ given, name }: PythonReference, { named, isOpen }: PythonDefinitions): void {
  const found = named.findLast((one) => one.name === (name ?? 'predict'));
  if (found === undefined && isOpen) return;
  if (name === undefined) {
    if (found === undefined) throw new UserError(noPredict(given, named));
    if (found.kind !== 'class') return;
    throw new UserError(
      `${given}:${found.line}: predict is a class. Define a function predict(items), or name the class that has one: --model ${given}:Name`,
    );
  }
  if (found === undefined) {
    throw new UserError(`${given} defines no class or function ${name}${definedText(named)}. Name one of ${given}.`);
  }
  if (found.methods === undefined || found.methods.includes('predict') || found.methods.includes('__call__')) return;
  throw new UserError(
    `${given}:${found.line}: the class ${name} has no method predict. Define predict(self, items), which returns an answer for each item.`,
  );
}

const noPredict = (given: string, named: readonly PythonDefinition[]): string =>
  `The model ${given} has no function predict${definedText(named)}. Define predict(items), which returns an answer for each item, ` +
  `or name the class or function: --model ${given}:Name. A program that speaks the protocol is given as a command: --model 'python3 ${given}'`;

const SHOWN_NAMES = 5;

function definedText(named: readonly PythonDefinition[]): string {
  const names = [...new Set(named.filter(({ kind }) => kind !== 'value').map(({ name }) => name))];
  if (names.length === 0) return '';
  const more = names.length - SHOWN_NAMES;
  return ` (it defines ${names.slice(0, SHOWN_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''})`;
}

/** A file that is imported but excluded by `.spotpoolignore` would be missed on every instance. */
function requireShipped(
  { given }: PythonReference,
  needed: readonly string[],
  leftOut: readonly LeftOut[],
  entries: readonly BundleEntry[],
): void {
  const shipped = new Set(entries.map((entry) => entry.path));
  const missing = needed.find((file) => !shipped.has(file));
  if (missing === undefined) return;
  const why = leftOut.find(
    ({ path: place }) => place === missing || missing.startsWith(place.replace(/\/?$/, '/')),
  )?.why;
  throw new UserError(
    `The model ${given} imports ${missing}, which is left out of the bundle${why === undefined ? '' : ` (${why})`}. ` +
      `Ship it: --ship ${missing}`,
  );
}

interface ExtraFiles {
  /** Paths below the model's root. */
  readonly inside: readonly string[];
  /** Paths elsewhere below the current directory, relative to it. */
  readonly outside: readonly string[];
}

/** The files and folders of `--files`. Those beside the model keep their place beside it, and all others their path from the current directory. */
async function extraFiles({ files = [], cwd }: ModelRequest, root: string): Promise<ExtraFiles> {
  const here = await realpath(cwd);
  const inside: string[] = [];
  const outside: string[] = [];
  for (const given of files) {
    const file = path.resolve(here, given);
    if (!(await isKind(file, 'file')) && !(await isKind(file, 'directory'))) {
      throw new UserError(`--files ${given}: there is no such file or directory (${file}).`);
    }
    if (isWithin(root, file)) inside.push(path.relative(root, file).split(path.sep).join('/'));
    else if (isWithin(here, file)) outside.push(path.relative(here, file).split(path.sep).join('/'));
    else {
      throw new UserError(
        `--files ${given} is neither in the model's directory (${root}) nor in the current one, so it has no path on an instance. ` +
          'Move it there, or start the command in a directory that holds both.',
      );
    }
  }
  return { inside, outside };
}

async function outsideEntries(
  request: ModelRequest,
  outside: readonly string[],
): Promise<{ readonly entries: readonly BundleEntry[]; readonly leftOut: readonly LeftOut[] }> {
  if (outside.length === 0) return { entries: [], leftOut: [] };
  return await directoryEntries(request.cwd, { ...request, ship: [] }, outside, new Set(outside));
}

const isWithin = (folder: string, file: string): boolean => file === folder || file.startsWith(folder + path.sep);
