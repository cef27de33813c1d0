/**
 * Finds uv for this machine: the user's own if it is recent enough, else the pinned wheel, which is fetched from the package index, checked by its
 * digest, and kept in the user's cache folder.
 */
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { list, object, check, parseJson, text as words } from '../../core/contract/shape.js';
import type { Wheel } from '../../core/contract/python-environment.js';
import { UserError } from '../errors.js';
import { isKind } from '../model/file-kinds.js';
import type { FileCache } from './file-cache.js';
import { withoutCredentials } from './indexes.js';
import { runProgram } from './run-program.js';
import { LOWEST_UV_VERSION, thisMachine, uvWheel } from './uv-release.js';
import { readZipEntry } from './zip.js';

export interface UvSearch {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The indexes to fetch the wheel from; the first that has it counts. */
  readonly indexes: readonly string[];
  readonly cache: FileCache;
  readonly cacheDirectory: string;
  readonly signal: AbortSignal;
}

export async function findUv(search: UvSearch): Promise<string> {
  for (const folder of (search.env['PATH'] ?? '').split(path.delimiter)) {
    const program = path.join(folder, 'uv');
    if (folder === '' || !(await isKind(program, 'file'))) continue;
    const { stdout, code } = await runProgram([program, '--version'], { env: search.env, signal: search.signal });
    const version = /^uv (\d+\.\d+\.\d+)/.exec(stdout)?.[1];
    if (code === 0 && version !== undefined && isAtLeast(version, LOWEST_UV_VERSION)) return program;
  }
  return await pinnedUv(search);
}

function isAtLeast(version: string, lowest: string): boolean {
  const numbers = (of: string): readonly number[] => of.split('.').map(Number);
  const [a, b] = [numbers(version), numbers(lowest)];
  for (const [at, number] of b.entries()) if ((a[at] ?? 0) !== number) return (a[at] ?? 0) > number;
  return true;
}

async function pinnedUv(search: UvSearch): Promise<string> {
  const { platform, arch } = process;
  const isMusl = platform === 'linux' && !('glibcVersionRuntime' in reportHeader());
  const machine = thisMachine(platform, arch, isMusl);
  if (machine === undefined) {
    throw new UserError(
      `The model's packages are locked by uv, and no release of it is pinned for this machine (${platform} ${arch}). Install uv ${LOWEST_UV_VERSION} or newer, so that it is on PATH.`,
    );
  }
  const wheel = uvWheel(machine);
  const program = path.join(search.cacheDirectory, 'uv', wheel.sha256, platform === 'win32' ? 'uv.exe' : 'uv');
  if (await isKind(program, 'file')) return program;
  const { path: file } = await fetchUvWheel(wheel, search);
  const bytes = readZipEntry(await readFile(file), (name) => /\.data\/scripts\/uv(\.exe)?$/.test(name));
  if (bytes === undefined) throw new Error(`The wheel ${wheel.file} has no program uv.`);
  await mkdir(path.dirname(program), { recursive: true });
  const folder = await mkdtemp(path.join(search.cacheDirectory, 'uv', 'new-'));
  try {
    await writeFile(path.join(folder, 'uv'), bytes);
    await chmod(path.join(folder, 'uv'), 0o755);
    await rename(path.join(folder, 'uv'), program);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return program;
}

function reportHeader(): object {
  const report: unknown = process.report?.getReport();
  const header = typeof report === 'object' && report !== null && 'header' in report ? report.header : undefined;
  return typeof header === 'object' && header !== null ? header : {};
}

/** Downloads a wheel of uv from the first index that has it, unless the cache has it. */
export async function fetchUvWheel(
  wheel: Wheel,
  { indexes, cache, signal }: Pick<UvSearch, 'indexes' | 'cache' | 'signal'>,
): Promise<{ readonly path: string; readonly bytes: number }> {
  const known = await cache.known(wheel.file, wheel.sha256);
  if (known !== undefined) return known;
  const failures: string[] = [];
  for (const index of indexes) {
    try {
      const url = await urlInIndex(wheel.file, index, cache, signal);
      if (url !== undefined) return await cache.fetch({ file: wheel.file, url, sha256: wheel.sha256 }, signal);
      failures.push(`${withoutCredentials(index)} has no ${wheel.file}`);
    } catch (error) {
      signal.throwIfAborted();
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new UserError(
    `Could not fetch uv ${wheel.version}, which locks and installs the model's packages: ${failures.join(' ')} ` +
      'Name an index that has it (UV_DEFAULT_INDEX or PIP_INDEX_URL).',
  );
}

const page = object<{ readonly files: readonly { readonly filename: string; readonly url: string }[] }>({
  files: list(object({ filename: words(1_024), url: words(16_384) }), 1_000_000),
});
const JSON_PAGE = 'application/vnd.pypi.simple.v1+json';

/** Reads the index's page of uv, in JSON or HTML. https://packaging.python.org/en/latest/specifications/simple-repository-api/ */
async function urlInIndex(
  file: string,
  index: string,
  cache: FileCache,
  signal: AbortSignal,
): Promise<string | undefined> {
  const address = `${index.replace(/\/*$/, '')}/uv/`;
  const headers = { accept: `${JSON_PAGE}, text/html;q=0.5` };
  const body = await text(Readable.fromWeb(await cache.request('the index page of uv', address, signal, headers)));
  const found =
    check(page, parseJson(body))?.files.find(({ filename }) => filename === file)?.url ??
    [...body.matchAll(/href\s*=\s*["']([^"']+)["']/g)]
      .map(([, href = '']) => href.replaceAll('&amp;', '&'))
      .find((href) => href.includes(file));
  return found === undefined ? undefined : new URL(found, withoutCredentials(address)).href;
}
