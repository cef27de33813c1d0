/**
 * Packs a model's bundle: a tar.gz whose bytes depend only on paths, contents and executable bits. So the same model has the same
 * digest, whoever packs it. Files are streamed, so a bundle of many GiB needs no more memory than a small one.
 */
import { createHash } from 'node:crypto';
import { createWriteStream, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Header, Pax } from 'tar';
import { definedFields } from '../../core/defined-fields.js';
import { systemCode, UserError } from '../errors.js';

/** Paths are relative to the bundle's root, with `/`. */
export type BundleEntry =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly executable: boolean;
      /** `mtimeMs` is the file's modification time when it was found. A file that has changed since then is refused. */
      readonly content: { readonly file: string; readonly bytes: number; readonly mtimeMs?: number } | Buffer;
    }
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string };

export const fileEntry = (
  file: string,
  place: string,
  { size, mode, mtimeMs }: { readonly size: number; readonly mode: number; readonly mtimeMs: number },
): BundleEntry => ({
  kind: 'file',
  path: place,
  executable: (mode & 0o111) !== 0,
  content: { file, bytes: size, mtimeMs },
});

export interface WrittenBundle {
  /** SHA-256 (hex) of the file. */
  readonly digest: string;
  /** SHA-256 (hex) of the tar archive inside, because the zlibs of two machines may compress it differently. */
  readonly contents: string;
  readonly bytes: number;
}

const TAR_BLOCK_BYTES = 512;
/** Two zero blocks end a tar archive. */
const TAR_END = Buffer.alloc(2 * TAR_BLOCK_BYTES);
/** The byte of a gzip header that names the operating system. It is the same in all bundles. https://www.rfc-editor.org/rfc/rfc1952#page-8 */
const GZIP_SYSTEM_AT = 9;
const GZIP_SYSTEM = 3;
/** Most large files of models (weights, WASM) are nearly incompressible, so a faster level loses little. */
const GZIP_LEVEL = 4;

export async function writeBundle(
  entries: readonly BundleEntry[],
  file: string,
  signal: AbortSignal,
  gzipLevel = GZIP_LEVEL,
): Promise<WrittenBundle> {
  const hash = createHash('sha256');
  const contents = createHash('sha256');
  let bytes = 0;
  await pipeline(
    async function* () {
      for await (const chunk of tarBytes(entries)) {
        contents.update(chunk);
        yield chunk;
      }
    },
    createGzip({ level: gzipLevel }),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        const at = GZIP_SYSTEM_AT - bytes;
        if (at >= 0 && at < chunk.length) chunk[at] = GZIP_SYSTEM;
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(file),
    { signal },
  );
  return { digest: hash.digest('hex'), contents: contents.digest('hex'), bytes };
}

/** tar programs refuse an archive without entries. So the bundle of a command that ships no files has an empty directory. */
const EMPTY_BUNDLE: BundleEntry = { kind: 'directory', path: '.' };

async function* tarBytes(entries: readonly BundleEntry[]): AsyncGenerator<Buffer> {
  if (entries.length === 0) yield headerOf(EMPTY_BUNDLE, 0);
  for (const entry of [...entries].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)))) {
    const size = entry.kind === 'file' ? contentBytes(entry.content) : 0;
    yield headerOf(entry, size);
    if (entry.kind !== 'file') continue;
    yield* contentOf(entry.content);
    const padding = (TAR_BLOCK_BYTES - (size % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES;
    if (padding > 0) yield Buffer.alloc(padding);
  }
  yield TAR_END;
}

type Content = Extract<BundleEntry, { kind: 'file' }>['content'];

const contentBytes = (content: Content): number => (Buffer.isBuffer(content) ? content.length : content.bytes);

async function* contentOf(content: Content): AsyncGenerator<Buffer> {
  if (Buffer.isBuffer(content)) {
    yield content;
    return;
  }
  const file = await open(content.file).catch((error: unknown) => {
    throw systemCode(error) === 'ENOENT' ? changed(content.file, 'was removed') : error;
  });
  try {
    if (!isAsSeen(await file.stat(), content)) throw changed(content.file, 'changed');
    let read = 0;
    if (content.bytes > 0) {
      for await (const chunk of file.createReadStream({ end: content.bytes - 1, autoClose: false })) {
        read += (chunk as Buffer).length;
        yield chunk as Buffer;
      }
    }
    if (read !== content.bytes || !isAsSeen(await file.stat(), content)) throw changed(content.file, 'changed');
  } finally {
    await file.close();
  }
}

/** A file that changes while it is packed would put a state into the bundle that never existed, or one that was not reported. */
function isAsSeen({ size, mtimeMs }: Stats, seen: Exclude<Content, Buffer>): boolean {
  return size === seen.bytes && (seen.mtimeMs === undefined || mtimeMs === seen.mtimeMs);
}

const changed = (file: string, what: string): UserError =>
  new UserError(
    `${file} ${what} while the model was packed. Submit again when no program writes to it. If the model does not need it, ` +
      `add it to .spotpoolignore in the model's directory.`,
  );

const TAR_TYPES = { file: 'File', directory: 'Directory', symlink: 'SymbolicLink' } as const;

function headerOf(entry: BundleEntry, size: number): Buffer {
  const fields = {
    path: entry.kind === 'directory' ? `${entry.path}/` : entry.path,
    size,
    mode: entry.kind === 'file' && !entry.executable ? 0o644 : 0o755,
    uid: 0,
    gid: 0,
    mtime: new Date(0),
    type: TAR_TYPES[entry.kind],
    ...(entry.kind === 'symlink' ? { linkpath: entry.target } : {}),
  };
  const header = new Header(fields);
  // Long paths, non-ASCII paths and huge files do not fit the old header, so an extended header precedes it.
  const needsPax = header.encode();
  const block = header.block ?? Buffer.alloc(TAR_BLOCK_BYTES);
  if (!needsPax) return block;
  const { path, linkpath } = { linkpath: undefined, ...fields };
  return Buffer.concat([new Pax({ path, size, ...definedFields({ linkpath }) }).encode(), block]);
}
