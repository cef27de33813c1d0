/** Packs a resolved model into a temporary file and uploads it, unless the bucket has it. Bundles are named by their content. */
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { ModelSpec } from '../../core/contract/job.js';
import { modelBundleKey } from '../../core/contract/keys.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import { definedFields } from '../../core/defined-fields.js';
import { UserError } from '../errors.js';
import { lockPackages, type PythonPackages } from '../python/python-packages.js';
import { findRequirements } from '../python/requirements.js';
import { type BundleEntry, writeBundle } from './bundle.js';
import type { ModuleSourceMap } from './compile-module.js';
import { refuseForeignFiles } from './native-files.js';
import { resolveModel } from './resolve-model.js';
import type { ModelRequest, ResolvedModel } from './resolved-model.js';
import type { LeftOut } from './shipping/walk.js';

/** A summary of the files in the bundle. */
export interface Shipped {
  readonly paths: readonly string[];
  readonly files: number;
  /** The total size of the unpacked files. */
  readonly bytes: number;
  /** The largest files, in falling order. Empty when the bundle has only one file. */
  readonly largest: readonly { readonly path: string; readonly bytes: number }[];
}

export interface PackagedModel {
  readonly spec: ModelSpec;
  /** The path of the tar.gz, which exists until `dispose`. */
  readonly file: string;
  readonly bytes: number;
  readonly shipped: Shipped;
  readonly leftOut: readonly LeftOut[];
  /** Present when the model needs Python packages. */
  readonly packages?: PythonPackages;
  /** Present when a module was compiled. It is not shipped. */
  readonly sourceMap?: ModuleSourceMap;
  dispose(): Promise<void>;
}

export async function packageModel(request: ModelRequest, signal: AbortSignal): Promise<PackagedModel> {
  const resolved = await resolveModel(request);
  const { argument, architecture } = request;
  if (architecture !== undefined) await refuseForeignFiles(argument, resolved.entries, architecture);
  const packages = await packagesOf(resolved, request, signal);
  const entries = [...resolved.entries, ...(packages?.entries ?? [])];
  signal.throwIfAborted();
  await removeOldPackages();
  const directory = await mkdtemp(path.join(os.tmpdir(), PACKAGE_PREFIX));
  const dispose = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const file = path.join(directory, 'bundle.tar.gz');
    const { digest, contents, bytes } = await writeBundle(entries, file, signal);
    const { name, start, leftOut, sourceMap } = resolved;
    const python = packages?.summary;
    const spec = { name, digest, contents, start, ...definedFields({ python, setup: request.setup }) };
    const shipped = shippedOf(entries);
    return { spec, file, bytes, shipped, leftOut, ...definedFields({ packages, sourceMap }), dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Locks the packages of a Python file, and those that `--requirements` names for a command. */
async function packagesOf(
  { python, start, name }: ResolvedModel,
  { requirements: given, packages, cwd }: ModelRequest,
  signal: AbortSignal,
): Promise<PythonPackages | undefined> {
  if (given !== undefined && start.kind === 'module') {
    throw new UserError(
      `--requirements names Python packages, but the model ${name} is JavaScript. Give a Python file or a command as --model, or leave --requirements out.`,
    );
  }
  if (packages === undefined || (python === undefined && given === undefined)) return undefined;
  if (python !== undefined && packages.target.isThisMachine && packages.target.python === undefined) {
    throw new UserError(
      `The model ${name} is a Python file, but the local cloud has no Python: no python3 was on the PATH when it was started. ` +
        'Install Python 3.9 or newer, or name an interpreter in SPOTPOOL_PYTHON, and start it again.',
    );
  }
  const found = await findRequirements(python?.folder ?? cwd, { cwd, ...definedFields({ given }) });
  return found === undefined ? undefined : await lockPackages(found, packages, signal);
}

/** The largest files take most of an upload. Naming more files would add little. */
const SHOWN_LARGEST = 3;

function shippedOf(entries: readonly BundleEntry[]): Shipped {
  const files = entries.flatMap((entry) =>
    entry.kind === 'file'
      ? [{ path: entry.path, bytes: Buffer.isBuffer(entry.content) ? entry.content.length : entry.content.bytes }]
      : [],
  );
  return {
    paths: entries.map((entry) => entry.path),
    files: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    largest: files.length < 2 ? [] : files.toSorted((a, b) => b.bytes - a.bytes).slice(0, SHOWN_LARGEST),
  };
}

const PACKAGE_PREFIX = 'spotpool-model-';
/** No packing and upload takes so long. A command that was killed has left an older package behind. */
const OLD_PACKAGE_MS = 24 * 3_600_000;

/** Errors are ignored, because packages of other users cannot be read or removed. */
async function removeOldPackages(): Promise<void> {
  const names = await readdir(os.tmpdir()).catch(() => []);
  for (const name of names.filter((entry) => entry.startsWith(PACKAGE_PREFIX))) {
    const directory = path.join(os.tmpdir(), name);
    const changedAtMs = (await stat(directory).catch(() => undefined))?.mtimeMs ?? Number.POSITIVE_INFINITY;
    if (Date.now() - changedAtMs < OLD_PACKAGE_MS) continue;
    await rm(directory, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Resolves with whether the bundle had to be sent. Losing a race to another upload of the same bytes is a success. */
export async function uploadModel(
  model: PackagedModel,
  store: ObjectStore,
  signal: AbortSignal,
): Promise<'uploaded' | 'present'> {
  const key = modelBundleKey(model.spec.digest);
  if ((await store.head(key, { signal })) !== undefined) return 'present';
  const body = createReadStream(model.file, { signal });
  try {
    const options = { signal, ifNoneMatch: true, contentType: 'application/gzip' };
    await store.upload(key, body as AsyncIterable<Buffer>, options);
  } finally {
    body.destroy(); // a failed upload has not read it to its end
  }
  return 'uploaded';
}
