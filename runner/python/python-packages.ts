/**
 * Locks the packages of a model for the fleet, as two files of its bundle: the environment (core/contract/python-environment.ts) and the lock that
 * installers read. The same wheels give the same files on every machine.
 */
import {
  encodeEnvironment,
  ENVIRONMENT_FILE,
  LOCK_FILE,
  type PythonEnvironment,
  type PythonSummary,
  type Wheel,
  type WheelSource,
} from '../../core/contract/python-environment.js';
import { mapBounded } from '../../core/map-bounded.js';
import { bytes, plural } from '../display/format.js';
import { UserError } from '../errors.js';
import type { BundleEntry } from '../model/bundle.js';
import { FileCache, cacheDirectory } from './file-cache.js';
import { hostWithCredentials, publicUrl, readIndexSettings } from './indexes.js';
import { type Lock, lockRequirements, type LockedWheel } from './lock.js';
import { allowsPython, type Requirements } from './requirements.js';
import { fetchUvWheel, findUv } from './uv-program.js';
import { machineOfPlatform, uvWheel } from './uv-release.js';
import path from 'node:path';

export interface PythonTarget {
  /** The two numbers of the instances' Python. Undefined when the stack does not say. */
  readonly python?: string;
  /** The platform in the names of uv. Undefined when the stack does not say. */
  readonly platform?: string;
  /** True when instances reach no package index. */
  readonly isIsolated: boolean;
  /** True when the instances are processes of the machine that started the stack. */
  readonly isThisMachine: boolean;
}

export interface PackagesRequest {
  readonly target: PythonTarget;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--wheels`: undefined leaves the choice to the size. */
  readonly source?: WheelSource;
  /** Returns the environment of the job that is submitted again. Its packages are taken again where they still fit. */
  readonly earlier?: (signal: AbortSignal) => Promise<PythonEnvironment | undefined>;
  /** Tells whether the stack's bucket has the wheel. Absent when there is no bucket yet. */
  readonly isStored?: (wheel: Wheel, signal: AbortSignal) => Promise<boolean>;
}

/** A wheel and how to get its file on this machine. */
export interface PackageFile {
  readonly wheel: Wheel;
  /** Returns the path of the file in the cache. It is downloaded if it is not there. */
  readonly fetch: (signal: AbortSignal) => Promise<string>;
}

export interface PythonPackages {
  readonly summary: PythonSummary;
  readonly environment: PythonEnvironment;
  /** The requirements file, for people. */
  readonly requirements: string;
  /** True when no package index could be reached, and the cache of this machine had what the lock needs. */
  readonly isFromCache: boolean;
  /** The files of the bundle. */
  readonly entries: readonly BundleEntry[];
  /** The files that the stack's bucket must have: the installer, and the wheels unless instances fetch those from the index. */
  readonly files: readonly PackageFile[];
}

/** Above this size an upload takes so long that the user decides. */
const MOST_UNASKED_BYTES = 500_000_000;
const DOWNLOADS_AT_ONCE = 8;

export async function lockPackages(
  requirements: Requirements,
  request: PackagesRequest,
  signal: AbortSignal,
): Promise<PythonPackages> {
  const { env } = request;
  const { python, platform } = requireTarget(requirements, request.target);
  const machine = machineOfPlatform(platform);
  if (machine === undefined) {
    throw new UserError(
      `No installer for Python packages is known for the stack's platform ${platform}, so it cannot run models with requirements.`,
    );
  }
  const settings = await readIndexSettings(env);
  const directory = cacheDirectory(env);
  const before = await request.earlier?.(signal);
  const ownCache = new FileCache(directory, settings.urls);
  const uv = await findUv({ env, indexes: settings.urls, cache: ownCache, cacheDirectory: directory, signal });
  const lock = await lockRequirements({
    uv,
    requirements,
    target: { python, platform },
    env: { ...env, ...settings.variables },
    pythonDirectory: path.join(directory, 'python'),
    ...(before === undefined ? {} : { earlier: before.wheels }),
    signal,
  });
  const indexes = [...lock.indexes, ...settings.urls];
  const cache = new FileCache(directory, indexes);
  const files = await mapBounded(lock.wheels, DOWNLOADS_AT_ONCE, (one) => packageFile(one, cache, signal));
  const installer = uvWheel(machine);
  const source = await sourceOf(
    files.map(({ wheel }) => wheel),
    { requirements, request, lock, indexes, before },
    signal,
  );
  const environment: PythonEnvironment = {
    version: 1,
    python,
    platform,
    source,
    installer,
    wheels: files.map(({ wheel }, at) =>
      source === 'index' ? { ...wheel, url: publicUrl(lock.wheels[at]?.url ?? '') } : wheel,
    ),
    ...(source === 'index' ? { indexes: indexesForInstances(indexes) } : {}),
  };
  const installerFile: PackageFile = {
    wheel: installer,
    fetch: async (stop) => (await fetchUvWheel(installer, { indexes, cache, signal: stop })).path,
  };
  return {
    summary: { python, platform, source, packages: files.length, bytes: sizeOf(environment.wheels) },
    environment,
    requirements: requirements.name,
    isFromCache: lock.isFromCache,
    entries: [
      textEntry(ENVIRONMENT_FILE, encodeEnvironment(environment)),
      textEntry(LOCK_FILE, lockText(environment, lock)),
    ],
    files: source === 'index' ? [installerFile] : [installerFile, ...files],
  };
}

function requireTarget(
  { name, requiresPython }: Requirements,
  { python, platform }: PythonTarget,
): { readonly python: string; readonly platform: string } {
  if (python === undefined || platform === undefined) {
    throw new UserError(
      `The model needs the packages of ${name}, but the stack does not say which ${python === undefined ? 'Python' : 'platform'} its instances have. ` +
        'Deploy the stack again with this version of spotpool; for a local cloud, install Python 3.9 or newer on this machine (python3 on PATH), and start the cloud again.',
    );
  }
  if (requiresPython !== undefined && !allowsPython(requiresPython, python)) {
    throw new UserError(
      `The model needs Python ${requiresPython} (${name}: requires-python), but the stack's instances have Python ${python}. ` +
        `Deploy the stack with "python" set to a version that fits, or change requires-python.`,
    );
  }
  return { python, platform };
}

/** An index need not tell digest and size. Then the file is downloaded at once. */
async function packageFile(locked: LockedWheel, cache: FileCache, signal: AbortSignal): Promise<PackageFile> {
  const { name, version, file, url } = locked;
  const { sha256, bytes: size } =
    locked.sha256 !== undefined && locked.bytes !== undefined
      ? { sha256: locked.sha256, bytes: locked.bytes }
      : await cache.fetch(locked, signal);
  const fetch = async (stop: AbortSignal): Promise<string> => (await cache.fetch({ file, url, sha256 }, stop)).path;
  return { wheel: { name, version, file, sha256, bytes: size }, fetch };
}

const sizeOf = (wheels: readonly Wheel[]): number => wheels.reduce((sum, wheel) => sum + wheel.bytes, 0);

async function sourceOf(
  wheels: readonly Wheel[],
  {
    requirements,
    request,
    lock,
    indexes,
    before,
  }: {
    readonly requirements: Requirements;
    readonly request: PackagesRequest;
    readonly lock: Lock;
    /** All indexes, with credentials if they have any. */
    readonly indexes: readonly string[];
    readonly before: PythonEnvironment | undefined;
  },
  signal: AbortSignal,
): Promise<WheelSource> {
  const { target, source = before?.source, isStored } = request;
  if (source === 'index') return requireIndex(target, lock, indexes);
  const size = sizeOf(wheels);
  if (source === 'bucket' || target.isIsolated || size <= MOST_UNASKED_BYTES) return 'bucket';
  const stored =
    isStored === undefined ? [] : await mapBounded(wheels, DOWNLOADS_AT_ONCE, (wheel) => isStored(wheel, signal));
  const left = wheels.filter((_, at) => !stored[at]);
  if (left.length === 0) return 'bucket';
  throw new UserError(tooLarge(requirements, wheels, left));
}

function requireIndex({ isIsolated }: PythonTarget, lock: Lock, indexes: readonly string[]): 'index' {
  if (isIsolated) {
    throw new UserError(
      '--wheels index does not work with this stack, which is isolated: its instances reach only S3 and SQS. Use --wheels bucket.',
    );
  }
  const local = lock.wheels.find(({ url }) => url.startsWith('file:'));
  if (local !== undefined) {
    throw new UserError(
      `--wheels index does not work for ${local.file}, which is a file of this machine (--find-links). Use --wheels bucket.`,
    );
  }
  const host = hostWithCredentials([...indexes, ...lock.wheels.map(({ url }) => url)]);
  if (host !== undefined) {
    throw new UserError(
      `--wheels index does not work with the index ${host}, which needs a password that instances do not get. Use --wheels bucket.`,
    );
  }
  return 'index';
}

/** The upload of an ordinary office line, in bytes a second. It is named in the message, so that people can judge. */
const OFFICE_BYTES_PER_SECOND = 100e6 / 8;
const SHOWN_LARGEST = 3;

function tooLarge({ name }: Requirements, wheels: readonly Wheel[], left: readonly Wheel[]): string {
  const largest = wheels.toSorted((a, b) => b.bytes - a.bytes).slice(0, SHOWN_LARGEST);
  const minutes = Math.max(1, Math.round(sizeOf(left) / OFFICE_BYTES_PER_SECOND / 60));
  return [
    `The packages of ${name} are ${bytes(sizeOf(wheels))} together (${largest.map((wheel) => `${wheel.name} ${bytes(wheel.bytes)}`).join(', ')}). Choose where instances get them:`,
    `  --wheels bucket   upload them once to the stack's bucket: ${bytes(sizeOf(left))}, about ${plural(minutes, 'minute')} at 100 Mbit/s; later jobs find them there`,
    '  --wheels index    let each instance download them from the package index, by the hashes of the lock; nothing is uploaded',
  ].join('\n');
}

const indexesForInstances = (indexes: readonly string[]): readonly string[] => [...new Set(indexes.map(publicUrl))];

const textEntry = (place: string, content: string): BundleEntry => ({
  kind: 'file',
  path: place,
  executable: false,
  content: Buffer.from(content),
});

/** One line for each package, with the digest of the one file that is installed. */
function lockText({ wheels, source }: PythonEnvironment, lock: Lock): string {
  const lines = wheels.map(({ name, version, sha256, url = '' }, at) => {
    const what = source === 'index' && lock.wheels[at]?.isDirect ? `${name} @ ${url}` : `${name}==${version}`;
    return `${what} --hash=sha256:${sha256}\n`;
  });
  return lines.join('');
}
