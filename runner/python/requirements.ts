/**
 * Finds a model's requirements, and reads them as far as it must: which indexes they name, and which lines cannot be locked for another machine.
 * uv reads everything else.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, UserError } from '../errors.js';
import { isKind } from '../model/file-kinds.js';
import { withoutCredentials } from './indexes.js';
import { parseToml } from './toml.js';

export interface Requirements {
  /** `uv-lock`: `file` is the pyproject.toml beside the uv.lock. */
  readonly kind: 'file' | 'uv-lock';
  readonly file: string;
  /** The file as the user knows it, for messages. */
  readonly name: string;
  /** The value of `requires-python` in a pyproject.toml. */
  readonly requiresPython?: string;
}

/** Finds the requirements beside the model, or the ones that `--requirements` names. */
export async function findRequirements(
  folder: string,
  { given, cwd }: { readonly given?: string; readonly cwd: string },
): Promise<Requirements | undefined> {
  if (given !== undefined) {
    const file = path.resolve(cwd, given);
    if (await isKind(file, 'file')) return await requirementsAt(file, given);
    if (await isKind(file, 'directory')) {
      throw new UserError(`--requirements ${given} is a directory. Name the file in it, such as requirements.txt.`);
    }
    throw new UserError(`--requirements ${given}: there is no such file (${file}).`);
  }
  const file = path.join(folder, 'requirements.txt');
  if (await isKind(file, 'file')) return await requirementsAt(file, 'requirements.txt');
  const project = path.join(folder, 'pyproject.toml');
  if (!(await isKind(path.join(folder, 'uv.lock'), 'file')) || !(await isKind(project, 'file'))) return undefined;
  return await requirementsAt(project, 'pyproject.toml');
}

async function requirementsAt(file: string, name: string): Promise<Requirements> {
  const base = path.basename(file);
  if (base === 'uv.lock') return await requirementsAt(path.join(path.dirname(file), 'pyproject.toml'), name);
  if (base !== 'pyproject.toml') return { kind: 'file', file, name };
  const requiresPython = await requiresPythonOf(file);
  const isLocked = await isKind(path.join(path.dirname(file), 'uv.lock'), 'file');
  return {
    kind: isLocked ? 'uv-lock' : 'file',
    file,
    name: isLocked ? 'uv.lock' : name,
    ...(requiresPython === undefined ? {} : { requiresPython }),
  };
}

async function requiresPythonOf(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UserError(`Cannot read ${file}: ${messageOf(error)}.`);
  });
  let project: unknown;
  try {
    project = parseToml(text)['project'];
  } catch (error) {
    throw new UserError(`${file} is no TOML: ${messageOf(error)}.`);
  }
  const found =
    typeof project === 'object' && project !== null && 'requires-python' in project && project['requires-python'];
  return typeof found === 'string' ? found : undefined;
}

/** Tells whether a Python of two numbers can satisfy `requires-python`. Its third number is unknown, so any third number counts. */
export function allowsPython(specifier: string, python: string): boolean {
  const minor = Number(python.split('.')[1]);
  return specifier.split(',').every((clause) => allows(clause.trim(), minor));
}

function allows(clause: string, minor: number): boolean {
  const [, operator, major, givenMinor, rest = ''] =
    /^(~=|===?|!=|<=?|>=?)\s*(\d+)(?:\.(\d+|\*))?(.*)$/.exec(clause) ?? [];
  if (operator === undefined) return true; // uv says what is wrong with it
  const isWild = givenMinor === '*' || givenMinor === undefined;
  const wanted = Number(major) * 1_000 + (isWild ? 0 : Number(givenMinor));
  const own = 3_000 + minor;
  const sameMajor = Number(major) === 3;
  switch (operator) {
    case '>=':
      return own >= wanted;
    case '>':
      return rest === '' ? own > wanted : own >= wanted;
    case '<=':
      return own < wanted || own === wanted;
    case '<':
      return own < wanted || (own === wanted && /^\.[1-9]/.test(rest));
    case '!=':
      return !(own === wanted && rest === '.*') && !(sameMajor && isWild);
    case '~=':
      return rest === '' ? own >= wanted && sameMajor : own === wanted;
    default:
      return isWild ? sameMajor : own === wanted;
  }
}

export interface ReadRequirements {
  /** The indexes that the files name, with credentials if they have any. */
  readonly indexes: readonly string[];
  /** True for files that let uv take versions before their release (`--pre`). */
  readonly allowsPrereleases: boolean;
  /** The contents of all files, for a record of what was locked. */
  readonly files: readonly string[];
}

/** Reads a file in pip's format, and those that it includes. Refuses what cannot be locked, with file and line. */
export async function readRequirements(file: string, name: string): Promise<ReadRequirements> {
  const reader = new RequirementsReader();
  await reader.read(file, name);
  return reader;
}

class RequirementsReader implements ReadRequirements {
  readonly indexes: string[] = [];
  readonly files: string[] = [];
  allowsPrereleases = false;

  async read(file: string, name: string): Promise<void> {
    if (this.files.includes(file)) return;
    this.files.push(file);
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      throw new UserError(`Cannot read ${name}: ${messageOf(error)}.`);
    });
    for (const { line, number } of logicalLines(text)) {
      const place = `${name}:${number}`;
      const included = optionOf(line, ['-r', '--requirement', '-c', '--constraint']);
      if (included !== undefined) {
        await this.read(path.resolve(path.dirname(file), included), path.join(path.dirname(name), included));
        continue;
      }
      const index = optionOf(line, ['-i', '--index-url', '--extra-index-url']);
      if (index !== undefined) this.indexes.push(expanded(index));
      if (/^--pre\b/.test(line)) this.allowsPrereleases = true;
      const problem = problemOf(line);
      if (problem !== undefined) throw new UserError(`${place}: ${withoutCredentials(line)} ${problem}`);
    }
  }
}

/** Joins continued lines and removes comments, as pip does. */
function logicalLines(text: string): readonly { readonly line: string; readonly number: number }[] {
  const found: { line: string; number: number }[] = [];
  let joined = '';
  let start = 1;
  for (const [at, raw] of text.split(/\r?\n/).entries()) {
    if (joined === '') start = at + 1;
    if (raw.endsWith('\\') && !/^\s*#/.test(raw)) {
      joined += raw.slice(0, -1);
      continue;
    }
    const line = (joined + raw).replace(/(^|\s)#.*$/, '').trim();
    joined = '';
    if (line !== '') found.push({ line, number: start });
  }
  return found;
}

function optionOf(line: string, names: readonly string[]): string | undefined {
  for (const name of names) {
    const isShort = !name.startsWith('--');
    const [, value] = new RegExp(`^${name}${isShort ? '\\s*=?\\s*' : '(?:\\s*=\\s*|\\s+)'}(\\S.*)$`).exec(line) ?? [];
    if (value !== undefined) return value.trim();
  }
  return undefined;
}

/** pip replaces `${NAME}` by the variable. https://pip.pypa.io/en/stable/reference/requirements-file-format/#using-environment-variables */
const expanded = (text: string): string =>
  text.replaceAll(/\$\{([A-Z0-9_]+)\}/g, (whole, name: string) => process.env[name] ?? whole);

/** Returns what is wrong with a line, in words that follow it. */
function problemOf(line: string): string | undefined {
  if (/^(-e|--editable)\b/.test(line)) {
    return 'is an editable install of a local folder, which instances do not have. Import its modules from beside the model, or ship them with --files.';
  }
  const requirement =
    line.replace(/^[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?\s*@\s*/, '').split(/\s+(?:;|--hash)/)[0] ?? '';
  if (/^(git|hg|svn|bzr)\+/.test(requirement)) {
    return 'would be built from a repository, and instances install wheels only. Name a released version, or build a wheel and give its URL.';
  }
  if (/^https?:\/\//.test(requirement)) {
    if (/\.whl$/.test(requirement.replace(/[?#].*$/, ''))) return undefined;
    return 'is a URL of something else than a wheel, and instances install wheels only. Give the URL of a .whl file, or name a released version.';
  }
  const isPath =
    /^(file:|\.{1,2}(?:[/\\]|$)|\/|~)/.test(requirement) ||
    /^[^\s;=<>~!-][^\s;=<>~!]*(\.whl|\.tar\.gz|\.zip|[/\\].*)$/.test(requirement);
  return isPath
    ? 'is a local path, which instances do not have. Import its modules from beside the model, or give the URL of a wheel.'
    : undefined;
}
