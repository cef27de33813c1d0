/** Resolves `--model`, which names a module, a Python file, a directory, or a command. */
import path from 'node:path';
import { UserError } from '../errors.js';
import type { BundleEntry } from './bundle.js';
import { filesOfCommand, resolveCommand, setupFiles } from './command-model.js';
import { isExecutable, isKind, isOnPath } from './file-kinds.js';
import { compileModule, MODULE_EXTENSIONS } from './compile-module.js';
import { refuseDataFile } from './data-file.js';
import { resolveDirectory } from './directory-model.js';
import { pythonReference, resolvePythonFile } from './python-file.js';
import type { ModelRequest, ResolvedModel } from './resolved-model.js';
import { shellWords } from './shell-words.js';

const COMPILED_NAME = 'model.mjs';
/** An argument with such an ending is surely meant as a file. */
const FILE_LIKE = /\.([mc]?[jt]s|py|sh|rb|pl|R|jl|lua|onnx|pt|pkl)$/;

export async function resolveModel(request: ModelRequest): Promise<ResolvedModel> {
  if (request.perLine === true) await refusePerLineWithoutCommand(request);
  const { argument, cwd } = request;
  const file = path.resolve(cwd, argument);
  const python = await pythonReference(request);
  if (python !== undefined) return resolvePythonFile(python, request);
  const isModule = MODULE_EXTENSIONS.includes(path.extname(argument)) && (await isKind(file, 'file'));
  const isDirectory = !isModule && argument.trim() !== '' && (await isKind(file, 'directory'));
  if ((isModule || isDirectory) && request.files !== undefined) {
    throw new UserError(
      `--files needs a Python file or a command as the model, but ${argument} is a ${isModule ? 'module' : 'directory'}. ` +
        `To ship files with a module, import them (import weights from './weights.bin' gives a path), or give a directory that holds everything as --model.`,
    );
  }
  refuseShipWithoutDirectory(request, isDirectory || request.files !== undefined);
  if (isModule) return resolveModule(file, request);
  if (isDirectory) return resolveDirectory(file, request);
  const argv = shellWords(argument);
  const [program] = argv;
  if (program === undefined) throw new UserError('--model is empty. Give a module, a directory or a command.');
  if (argv.length === 1) await requireProgram(program, request);
  return resolveCommand(request, argv);
}

const PYTHON_FILE = /^\S+\.py(:\w+)?$/;

async function refusePerLineWithoutCommand({ argument, cwd }: ModelRequest): Promise<void> {
  const what = PYTHON_FILE.test(argument) ? 'a Python file' : await kindOf(argument, path.resolve(cwd, argument));
  if (what === undefined) return;
  throw new UserError(
    `--per-line needs a command as the model, but ${argument} is ${what}. ` +
      `Leave --per-line out, or give the command of a program that reads a line and prints a line ('python3 filter.py').`,
  );
}

async function kindOf(argument: string, file: string): Promise<string | undefined> {
  if (MODULE_EXTENSIONS.includes(path.extname(argument)) && (await isKind(file, 'file'))) return 'a module';
  return argument.trim() !== '' && (await isKind(file, 'directory')) ? 'a directory' : undefined;
}

function refuseShipWithoutDirectory({ argument, ship = [] }: ModelRequest, isDirectory: boolean): void {
  if (isDirectory || ship.length === 0) return;
  throw new UserError(
    `--ship needs a directory to ship from, but the model ${argument} is none. Give a directory as --model, or with --files DIR.`,
  );
}

async function resolveModule(entry: string, request: ModelRequest): Promise<ResolvedModel> {
  const { code, assets, sourceMap } = await compileModule({ entry, outPath: COMPILED_NAME, externalPackages: false });
  const compiled: BundleEntry = { kind: 'file', path: COMPILED_NAME, executable: false, content: code };
  const entries = [compiled, ...assets, ...(await setupFiles(request))];
  return { name: request.argument, start: { kind: 'module', entry: COMPILED_NAME }, entries, leftOut: [], sourceMap };
}

/** A single word is more often a mistyped file than a command. So it must be an existing file or a program on PATH. */
async function requireProgram(program: string, request: ModelRequest): Promise<void> {
  const file = path.resolve(request.cwd, filesOfCommand(request) ?? '.', program);
  if (await isKind(file, 'file')) {
    if (!(await isExecutable(file))) await refuseDataFile(program, file);
    return;
  }
  if (FILE_LIKE.test(program)) throw new UserError(`The model ${program} does not exist (no file ${file}).`);
  if (!program.includes('/') && (await isOnPath(program, request.searchPath))) return;
  throw new UserError(
    `The model ${program} was not found: there is no file or directory ${file}, and PATH has no such program. ` +
      `Give a module (model.ts), a Python file (model.py), a directory, or a command in quotes ('Rscript model.R').`,
  );
}
