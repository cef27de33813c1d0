/** Locks requirements for a platform and a Python with uv: resolves them, and chooses one wheel for each package. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { check, list, object, optional, record, text } from '../../core/contract/shape.js';
import { messageOf, UserError } from '../errors.js';
import { urlOf, withoutCredentials } from './indexes.js';
import { type Requirements, readRequirements } from './requirements.js';
import { runProgram, type ProgramEnd } from './run-program.js';
import { parseToml } from './toml.js';
import { lockFailure } from './uv-messages.js';
import { bestWheel, fits, normalName, parseWheelName, type WheelTarget } from './wheel-tags.js';

export interface LockedWheel {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  /** Where the index has it. It may be a file of this machine. */
  readonly url: string;
  /** True for a requirement that is a URL itself. */
  readonly isDirect: boolean;
  readonly sha256?: string;
  readonly bytes?: number;
}

export interface Lock {
  readonly wheels: readonly LockedWheel[];
  /** The indexes that the requirements name, with credentials if they have any. */
  readonly indexes: readonly string[];
  /** True when no index could be reached, and uv's cache had what it needed. */
  readonly isFromCache: boolean;
}

export interface LockRequest {
  readonly uv: string;
  readonly requirements: Requirements;
  readonly target: WheelTarget;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder for a Python that uv downloads when this machine has none. */
  readonly pythonDirectory: string;
  /** The wheels of an earlier lock, which are taken again where they still satisfy the requirements. */
  readonly earlier?: readonly { readonly name: string; readonly version: string; readonly sha256: string }[];
  readonly signal: AbortSignal;
}

export async function lockRequirements(request: LockRequest): Promise<Lock> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'spotpool-lock-'));
  try {
    return await new Locker(request, folder).lock();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** uv's words when this machine has no Python at all. */
const NO_PYTHON = /No interpreter found/;
/** uv's words when a request got no answer at all. */
const UNREACHABLE = /error sending request/;
const MOST_PACKAGES = 10_000;

const file = object<PylockFile>({
  name: optional(text(1_024)),
  url: optional(text(16_384)),
  path: optional(text(16_384)),
  size: optional((value) => Number(value)),
  hashes: optional(record(text(256), { name: text(64), most: 16 })),
});
const pylock = object<{ readonly packages?: readonly PylockPackage[] }>({
  packages: optional(
    list(
      object<PylockPackage>({
        name: text(1_024),
        version: optional(text(1_024)),
        wheels: optional(list(file, 100_000)),
        archive: optional(file),
      }),
      MOST_PACKAGES,
    ),
  ),
});

interface PylockFile {
  readonly name?: string;
  readonly url?: string;
  readonly path?: string;
  readonly size?: number;
  readonly hashes?: Readonly<Record<string, string>>;
}

/** https://packaging.python.org/en/latest/specifications/pylock-toml/ */
interface PylockPackage {
  readonly name: string;
  readonly version?: string;
  readonly wheels?: readonly PylockFile[];
  readonly archive?: PylockFile;
}

class Locker {
  readonly #request: LockRequest;
  readonly #folder: string;
  #isFromCache = false;

  constructor(request: LockRequest, folder: string) {
    this.#request = request;
    this.#folder = folder;
  }

  async lock(): Promise<Lock> {
    const { requirements, earlier = [] } = this.#request;
    const input = requirements.kind === 'uv-lock' ? await this.#exported() : requirements.file;
    const isProject = path.basename(input) === 'pyproject.toml';
    const { indexes, allowsPrereleases } = isProject
      ? { indexes: [], allowsPrereleases: false }
      : await readRequirements(input, requirements.name);
    const options = allowsPrereleases ? ['--prerelease', 'allow'] : [];
    if (earlier.length > 0) {
      const again = await this.#compile(input, [...options, '--constraints', await this.#constraints()]);
      if (again.code === 0) return this.#lockOf(again, indexes);
    }
    const end = await this.#compile(input, options);
    if (end.code !== 0) throw lockFailure(end.stderr, requirements.name, this.#request.target);
    return this.#lockOf(end, indexes);
  }

  #lockOf({ stdout }: ProgramEnd, indexes: readonly string[]): Lock {
    return { wheels: this.#wheelsOf(stdout), indexes, isFromCache: this.#isFromCache };
  }

  /** Writes what a uv.lock holds as a requirements file, with the markers of all platforms. */
  async #exported(): Promise<string> {
    const { requirements } = this.#request;
    const argv = [
      'export',
      '--frozen',
      '--no-emit-workspace',
      '--no-dev',
      '--no-annotate',
      '--no-header',
      '--format',
      'requirements.txt',
    ];
    const end = await this.#uv(argv, path.dirname(requirements.file));
    if (end.code !== 0)
      throw new UserError(
        `uv cannot read the uv.lock beside ${requirements.file}:\n${withoutCredentials(end.stderr.trim())}`,
      );
    const exported = path.join(this.#folder, 'requirements.txt');
    await writeFile(exported, end.stdout);
    return exported;
  }

  async #constraints(): Promise<string> {
    const constraints = path.join(this.#folder, 'constraints.txt');
    const lines = (this.#request.earlier ?? []).map(({ name, version }) => `${name}==${version}\n`);
    await writeFile(constraints, lines.join(''));
    return constraints;
  }

  async #compile(input: string, options: readonly string[]): Promise<ProgramEnd> {
    const { target, requirements, pythonDirectory } = this.#request;
    const argv = [
      ...['pip', 'compile', input, '--format', 'pylock.toml', '--only-binary', ':all:', '--no-header', '--quiet'],
      ...['--python-platform', target.platform, '--python-version', target.python, ...options],
    ];
    const folder = path.dirname(requirements.file);
    const end = await this.#reached(argv, folder, { UV_PYTHON_DOWNLOADS: 'never' });
    if (end.code === 0 || !NO_PYTHON.test(end.stderr)) return end;
    // uv needs some Python to resolve with, although it runs nothing of a package. The machine's own software stays as it is.
    const own = { UV_PYTHON_DOWNLOADS: 'automatic', UV_PYTHON_INSTALL_DIR: pythonDirectory };
    return await this.#reached(argv, folder, own);
  }

  /** Without a network, the same packages can be locked again: uv asks an index whether its cached pages are still current, but does not need to. */
  async #reached(
    argv: readonly string[],
    cwd: string,
    variables: Readonly<Record<string, string>>,
  ): Promise<ProgramEnd> {
    const end = await this.#uv(argv, cwd, variables);
    if (end.code === 0 || !UNREACHABLE.test(end.stderr)) return end;
    const cached = await this.#uv(argv, cwd, { ...variables, UV_OFFLINE: '1' });
    if (cached.code !== 0) return end;
    this.#isFromCache = true;
    return cached;
  }

  async #uv(
    argv: readonly string[],
    cwd: string,
    variables: Readonly<Record<string, string>> = {},
  ): Promise<ProgramEnd> {
    const { uv, env, signal } = this.#request;
    return await runProgram([uv, ...argv], { cwd, signal, env: { ...env, NO_COLOR: '1', ...variables } });
  }

  #wheelsOf(toml: string): readonly LockedWheel[] {
    let packages: readonly PylockPackage[] | undefined;
    try {
      packages = check(pylock, parseToml(toml))?.packages ?? [];
    } catch (error) {
      throw new Error(`uv wrote a lock that cannot be read: ${messageOf(error)}.`, { cause: error });
    }
    return packages.map((one) => this.#wheelOf(one)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  #wheelOf({ name, version, wheels = [], archive }: PylockPackage): LockedWheel {
    const { target, requirements, earlier = [] } = this.#request;
    const files = (archive === undefined ? wheels : [archive]).flatMap((one) => fileOf(one) ?? []);
    // An index may get further files of a version. The file of the earlier lock stays the chosen one.
    const before = earlier.find((one) => normalName(one.name) === normalName(name));
    const chosen =
      files.find((one) => one.sha256 !== undefined && one.sha256 === before?.sha256 && fits(one.file, target)) ??
      bestWheel(files, target);
    if (chosen === undefined) {
      const given = version === undefined ? name : `${name}==${version}`;
      throw lockFailure(`${given} has no wheels that fit.`, requirements.name, target);
    }
    const parsed = parseWheelName(chosen.file);
    return {
      name: normalName(name),
      version: version ?? parsed?.version ?? '',
      isDirect: archive !== undefined,
      ...chosen,
    };
  }
}

function fileOf({
  name,
  url,
  path: place,
  size,
  hashes = {},
}: PylockFile): Pick<LockedWheel, 'file' | 'url' | 'sha256' | 'bytes'> | undefined {
  const address = url ?? (place === undefined ? undefined : `file://${path.resolve(place)}`);
  const pathname = address === undefined ? undefined : urlOf(address)?.pathname;
  if (address === undefined || pathname === undefined) return undefined;
  const { sha256 } = hashes;
  return {
    file: name ?? decodeURIComponent(path.posix.basename(pathname)),
    url: address,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(size === undefined || Number.isNaN(size) ? {} : { bytes: size }),
  };
}
