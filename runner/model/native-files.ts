/**
 * Refuses a model with native files (addons, libraries, programs, wheels) that have no build for the fleet's instances. Without this
 * check every instance would boot, fail to load the model, and end.
 */
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { mapBounded } from '../../core/map-bounded.js';
import {
  formatName,
  formatOfHead,
  formatsOfWheel,
  HEAD_BYTES,
  type NativeFormat,
  packageOf,
  runsOn,
  withoutPlatform,
} from './native-format.js';
import { decode, list, object, optional, text } from '../../core/contract/shape.js';
import type { Architecture } from '../../core/contract/stack.js';
import { UserError } from '../errors.js';
import type { BundleEntry } from './bundle.js';

const NATIVE = /\.(node|so|dylib|dll|pyd|exe)$|\.so(\.\d+)+$/i;
const FILES_AT_ONCE = 16;
/** A longer list would add nothing. */
const SHOWN_FILES = 5;

/** https://docs.npmjs.com/cli/configuring-npm/package-json#os */
const platforms = object<{ readonly os?: readonly string[] }>({ os: optional(list(text(64), 64)) });

type FileEntry = Extract<BundleEntry, { kind: 'file' }>;

interface NativeFile {
  readonly path: string;
  /** A wheel may have several formats. */
  readonly formats: readonly NativeFormat[];
}

export async function refuseForeignFiles(
  model: string,
  entries: readonly BundleEntry[],
  architecture: Architecture,
): Promise<void> {
  const files = entries.filter((entry) => entry.kind === 'file');
  const native = (await mapBounded(files, FILES_AT_ONCE, nativeFile)).filter(({ formats }) => formats.length > 0);
  const foreign = await foreignFiles(native, files, architecture);
  if (foreign.length > 0) throw new UserError(refusal(model, foreign, architecture));
}

async function nativeFile(entry: FileEntry): Promise<NativeFile> {
  const { path: place, executable } = entry;
  if (place.endsWith('.whl')) return { path: place, formats: formatsOfWheel(path.basename(place)) };
  const format = executable || NATIVE.test(place) ? formatOfHead(await headOf(entry)) : undefined;
  return { path: place, formats: format === undefined ? [] : [format] };
}

async function headOf({ content }: FileEntry): Promise<Uint8Array> {
  if (Buffer.isBuffer(content)) return content.subarray(0, HEAD_BYTES);
  const file = await open(content.file);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function foreignFiles(
  native: readonly NativeFile[],
  files: readonly FileEntry[],
  architecture: Architecture,
): Promise<readonly NativeFile[]> {
  const fits = ({ formats }: NativeFile): boolean => formats.some((format) => runsOn(format, architecture));
  const served = new Set(native.filter(fits).map((file) => packageOf(file.path)));
  const foreign = native.filter((file) => !served.has(packageOf(file.path)));
  const elsewhere = await mapBounded(foreign, FILES_AT_ONCE, (file) => isForElsewhereAlone(file, files));
  return foreign.filter((_, index) => !elsewhere[index]);
}

/** A package that npm installs only on other systems although its name says nothing of a platform, such as fsevents. Linux does not need it. */
async function isForElsewhereAlone(file: NativeFile, files: readonly FileEntry[]): Promise<boolean> {
  const directory = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file.path)?.[0];
  if (directory === undefined || withoutPlatform(directory) !== directory) return false;
  const content = files.find((entry) => entry.path === `${directory}/package.json`)?.content;
  if (content === undefined || Buffer.isBuffer(content)) return false;
  const json = await readFile(content.file).catch(() => '');
  const { os = [] } = decode(platforms, json) ?? {};
  return os.length > 0 && !os.some((name) => name === 'linux' || name.startsWith('!'));
}

function refusal(model: string, foreign: readonly NativeFile[], architecture: Architecture): string {
  const other = architecture === 'arm64' ? 'x86_64' : 'arm64';
  const more = foreign.length - SHOWN_FILES;
  const named = foreign
    .slice(0, SHOWN_FILES)
    .map((file) => `  ${file.path} (${file.formats.map(formatName).join(', ')})`);
  const deploy = foreign.every(({ formats }) => formats.some((format) => runsOn(format, other)))
    ? `, or deploy the stack with "architecture": "${other}"`
    : '';
  const [cpu, wheels] = architecture === 'arm64' ? ['arm64', 'aarch64'] : ['x64', 'x86_64'];
  return [
    `The model ${model} contains native files that the fleet's instances (Linux ${architecture}) cannot run:`,
    ...named,
    ...(more > 0 ? [`  and ${more} more`] : []),
    `Install them for the fleet ("npm install --os=linux --cpu=${cpu}", "pip install --only-binary=:all: --platform manylinux2014_${wheels} --target DIR …"), ` +
      `install them on the instances (--setup)${deploy}. If the model does not need them there, add --any-platform`,
  ].join('\n');
}
