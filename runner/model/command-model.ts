/** Resolves a command as a model. With `--files DIR` that directory is shipped, and the command starts in it. Otherwise the files that the command names are shipped. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors.js';
import { type BundleEntry, fileEntry } from './bundle.js';
import { directoryEntries } from './directory-entries.js';
import { isExecutable, isKind, isOnPath } from './file-kinds.js';
import type { ModelRequest, ResolvedModel } from './resolved-model.js';

/** A word with such an ending names a script. The command cannot work without it. */
const SCRIPT = /\.([mc]?[jt]s|py|sh|rb|pl|R|jl|lua)$/;
/** A filter such as jq is given the names of fields (`.ts`, `.meta.py`). */
const FIELD = /^\.[^./]/;
/** The arguments of these programs name files in the container, not on this machine. */
const CONTAINER_PROGRAMS = new Set(['docker', 'podman', 'nerdctl']);

export async function resolveCommand(request: ModelRequest, argv: readonly string[]): Promise<ResolvedModel> {
  const name = request.argument;
  const start = {
    kind: request.perLine === true ? 'filter' : 'command',
    argv: await runnable(request, argv),
  } as const;
  const files = filesOfCommand(request);
  if (files !== undefined) {
    const directory = path.resolve(request.cwd, files);
    await requireDirectory(files, directory);
    await requireScripts(argv, directory, request);
    // Words that name no file in the directory do no harm.
    const words = [...argv, ...(request.setup === undefined ? [] : wordsOfSetup(request.setup))];
    const named = words
      .flatMap((word) => [word, word.slice(word.indexOf('=') + 1)])
      .map((word) => path.posix.normalize(word));
    return { name, start, ...(await directoryEntries(directory, request, named)) };
  }
  await requireScripts(argv, request.cwd, request);
  const entries = [...(await namedFiles(argv, request)), ...(await setupFiles(request))];
  return { name, start, entries: distinct(entries), leftOut: [] };
}

async function requireDirectory(files: string, directory: string): Promise<void> {
  if (await isKind(directory, 'directory')) return;
  throw new UserError(
    (await isKind(directory, 'file'))
      ? `--files ${files} is a file (${directory}). With a command, --files names the directory that is shipped and in which the command starts. ` +
          'A file that the command names is shipped without --files.'
      : `--files ${files}: there is no such directory (${directory}).`,
  );
}

/** A command starts in the one directory that is shipped with it. */
export function filesOfCommand({ files = [] }: ModelRequest): string | undefined {
  if (files.length <= 1) return files[0];
  throw new UserError(
    `--files is given ${files.length} times, but the model is a command, which is shipped with one directory and starts in it. ` +
      'Put all files into one directory.',
  );
}

const distinct = (entries: readonly BundleEntry[]): BundleEntry[] => [
  ...new Map(entries.map((entry) => [entry.path, entry])).values(),
];

/** The existing files that `--setup` names, such as a requirements.txt. */
export const setupFiles = (request: ModelRequest): Promise<BundleEntry[]> =>
  namedFiles(request.setup === undefined ? [] : wordsOfSetup(request.setup), request);

/** Splits the setup at shell operators, too, because a shell runs it. The words are only used to find files. */
const wordsOfSetup = (setup: string): string[] => setup.split(/[\s'"|&;<>()]+/).filter((word) => word !== '');

/** A program that is a file of the model is started by its path (`./program`). Without a slash it would be looked up on PATH. */
async function runnable(request: ModelRequest, argv: readonly string[]): Promise<readonly string[]> {
  const [program = '', ...rest] = argv;
  if (program.includes('/')) return argv;
  const base = path.resolve(request.cwd, filesOfCommand(request) ?? '.');
  const own = path.join(base, program);
  if (!(await isKind(own, 'file')) || (await isOnPath(program, request.searchPath))) return argv;
  if (await isExecutable(own)) return [`./${program}`, ...rest];
  throw new UserError(
    `The model ${program} is not executable. Give the command that runs it, such as --model 'python3 ${program}', or make it executable (chmod +x ${program}).`,
  );
}

async function requireScripts(argv: readonly string[], base: string, { perLine }: ModelRequest): Promise<void> {
  if (CONTAINER_PROGRAMS.has(path.basename(argv[0] ?? ''))) return;
  for (const word of argv) {
    if (word.startsWith('-') || path.isAbsolute(word) || !SCRIPT.test(word) || /\s/.test(word)) continue;
    if (perLine === true && FIELD.test(word)) continue;
    if (await isKind(path.resolve(base, word), 'file')) continue;
    throw new UserError(`The model's command names ${word}, but ${base} has no such file.`);
  }
}

async function namedFiles(words: readonly string[], request: ModelRequest): Promise<BundleEntry[]> {
  const entries = new Map<string, BundleEntry>();
  for (const [position, word] of words.entries()) {
    const candidates = word.includes('=') ? [word, word.slice(word.indexOf('=') + 1)] : [word];
    for (const candidate of candidates) {
      const file = path.resolve(request.cwd, candidate);
      const found = candidate === '' ? undefined : await stat(file).catch(() => undefined);
      if (!found?.isFile()) continue;
      if (position === 0 && path.isAbsolute(candidate)) continue; // the program, which the instance must have
      const relative = path.relative(request.cwd, file);
      if (path.isAbsolute(candidate) || relative.startsWith('..')) {
        throw new UserError(
          `The model's command names ${candidate}, which is outside the current directory, so it cannot have the same path on an instance. ` +
            `Put all files into one directory and give it with --files DIR. The command starts there.`,
        );
      }
      entries.set(relative, fileEntry(file, relative, found));
    }
  }
  return [...entries.values()];
}
