/**
 * Runs uv, which makes the virtual environment and installs the locked wheels into it.
 *
 * Invariants:
 * - uv installs wheels alone, and runs nothing of a package to do so. Each file is checked against the lock's hashes.
 * - uv reads no configuration, cache or interpreter from outside the work directory, and gets no secret of a job.
 */
import { randomUUID } from 'node:crypto';
import { chmod, link, mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { LOCK_FILE, type PythonEnvironment, type Wheel } from '../../core/contract/python-environment.js';
import { retry } from '../retry.js';
import { couldNot } from '../could-not.js';
import { DEFAULT_PATH } from '../process/child-environment.js';
import { type CommandEnd, runCommand } from '../process/run-command.js';
import { exists } from './model-place.js';
import { outputOf } from './setup.js';
import { SharedWork } from './shared-work.js';
import { FETCH_PAUSES, type StepWork, unable } from './step.js';
import { wheelFile } from './wheels.js';

const UNPACK_TIMEOUT_MS = 5 * 60_000;
/** Gigabytes of packages from an index take minutes. An installation that takes longer hangs. */
const INSTALL_TIMEOUT_MS = 30 * 60_000;

const unpackings = new SharedWork<void>();

/** Unpacks uv's wheel, once on an instance, and returns the path of the program. */
export async function unpackInstaller(installer: Wheel, python: string, work: StepWork): Promise<string> {
  const wheel = wheelFile(work.directory, installer);
  const program = path.join(path.dirname(wheel), 'uv');
  await unpackings.run(program, work.signal, async (signal) => {
    if (!(await exists(program))) await unpackProgram({ wheel, program, python }, { ...work, signal });
  });
  return program;
}

async function unpackProgram(
  { wheel, program, python }: { readonly wheel: string; readonly program: string; readonly python: string },
  work: StepWork,
): Promise<void> {
  const folder = `${program}.${randomUUID()}`;
  try {
    await mkdir(folder, { recursive: true });
    const argv = [python, '-I', '-m', 'zipfile', '-e', wheel, folder];
    const end = await run(argv, toolVariables(work), UNPACK_TIMEOUT_MS, work);
    if (!end.ok) throw failed(`unpack the installer ${path.basename(wheel)}`, end, work);
    const data = (await readdir(folder)).find((name) => name.endsWith('.data')) ?? '';
    const unpacked = path.join(folder, data, 'scripts', 'uv');
    if (!(await exists(unpacked))) {
      throw unable('environment', `The wheel ${path.basename(wheel)} has no program uv, so it is not an installer.`);
    }
    // Python's zipfile restores no permissions.
    await chmod(unpacked, 0o755);
    await rename(unpacked, program);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export interface InstallOptions {
  readonly uv: string;
  /** The interpreter on which the virtual environment is based. */
  readonly python: string;
  readonly environment: PythonEnvironment;
}

export async function install({ uv, python, environment }: InstallOptions, work: StepWork): Promise<void> {
  const { place } = work;
  const folder = path.join(place.root, 'uv');
  const env = {
    ...toolVariables(work),
    ...(environment.source === 'index' ? networkVariables(work) : { UV_OFFLINE: '1' }),
    UV_NO_CONFIG: '1',
    UV_NO_PROGRESS: '1',
    UV_PYTHON_DOWNLOADS: 'never',
    UV_PYTHON_INSTALL_DIR: path.join(folder, 'python'),
    UV_CACHE_DIR: path.join(folder, 'cache'),
    HOME: folder,
  };
  try {
    await rm(place.environment, { recursive: true, force: true });
    const found = await linkWheels(environment, path.join(folder, 'wheels'), work);
    const made = await run(
      [uv, 'venv', '--no-project', '--python', python, place.environment],
      env,
      UNPACK_TIMEOUT_MS,
      work,
    );
    if (!made.ok) throw failed('make the virtual environment', made, work);
    if (environment.wheels.length > 0) await installInto({ uv, env, from: found }, work);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Returns the arguments by which uv finds the wheels. */
async function linkWheels(
  { source, wheels, indexes = [] }: PythonEnvironment,
  folder: string,
  work: StepWork,
): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  if (source === 'index') return indexArguments(indexes);
  for (const wheel of wheels) await link(wheelFile(work.directory, wheel), path.join(folder, wheel.file));
  return ['--no-index', '--find-links', folder];
}

/**
 * uv asks `--index` in order, and the default index last. Every index may have the locked file, because the hash
 * decides which file it is.
 * https://docs.astral.sh/uv/concepts/indexes/
 */
function indexArguments(indexes: readonly string[]): readonly string[] {
  const strategy = ['--index-strategy', 'unsafe-best-match'];
  const last = indexes.at(-1);
  if (last === undefined) return strategy;
  return [...indexes.slice(0, -1).flatMap((index) => ['--index', index]), '--default-index', last, ...strategy];
}

async function installInto(
  { uv, env, from }: { readonly uv: string; readonly env: Record<string, string>; readonly from: readonly string[] },
  work: StepWork,
): Promise<void> {
  const { place, clock, signal, spec } = work;
  const argv = [
    ...[uv, 'pip', 'install', '--python', path.join(place.environment, 'bin', 'python'), ...from],
    ...['--require-hashes', '--no-deps', '--only-binary', ':all:', '-r', path.join(place.directory, LOCK_FILE)],
  ];
  const installOnce = async (): Promise<CommandEnd> => {
    const end = await run(argv, env, INSTALL_TIMEOUT_MS, work);
    if (!end.ok && isOutage(end)) throw new Error(end.lastLines.join(' '));
    return end;
  };
  const onTrouble = (error: unknown, pauseMs: number): void => {
    const act = `install the packages of the model ${spec.name} from the package index`;
    work.onTrouble('installing packages', couldNot(act, error, `retrying in ${pauseMs / 1000} s`));
  };
  const end = await retry(installOnce, { ...FETCH_PAUSES, clock, signal, onTrouble });
  if (!end.ok) throw failed('install the packages', end, work);
}

/** uv's words for an index that does not answer, or answers that it cannot serve now. It has retried by itself then. */
const OUTAGE =
  /error sending request|HTTP status server error|429 Too Many Requests|operation timed out|error decoding response body/;

const isOutage = ({ lastLines }: CommandEnd): boolean => lastLines.some((line) => OUTAGE.test(line));

/** The environment of the programs that make a virtual environment. */
export function toolVariables({ place, workerEnv = process.env }: StepWork): Record<string, string> {
  return {
    PATH: workerEnv['PATH'] ?? DEFAULT_PATH,
    LANG: 'C.UTF-8',
    HOME: place.home,
    TMPDIR: place.temporary,
  };
}

/** The instance's way to the internet, which an index needs. */
const NETWORK = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];

function networkVariables({ workerEnv = process.env }: StepWork): Record<string, string> {
  const set = NETWORK.flatMap((name) => [name, name.toLowerCase()]).map((name) => [name, workerEnv[name]] as const);
  return Object.fromEntries(set.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

const run = (
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  timeoutMs: number,
  { place, clock, onLog, signal }: StepWork,
): Promise<CommandEnd> => runCommand({ argv, env, timeoutMs, clock, onLog, signal, cwd: place.root });

const failed = (act: string, end: CommandEnd, { spec }: StepWork): Error =>
  unable('environment', `Could not ${act} of the model ${spec.name} (${end.how}). ${outputOf(end)}`);
