/** Reads folders as datasets, with a store in memory as their bucket. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeInputLine } from '../../../../core/contract/input-line.js';
import type { ObjectStore } from '../../../../core/contract/object-store.js';
import { FileUploads, type FilesProgress } from '../../../../runner/dataset/files/file-uploads.js';
import { openFilesDataset } from '../../../../runner/dataset/files/files-dataset.js';
import type { FilesRequest } from '../../../../runner/dataset/files/files-request.js';
import { linesOf } from '../reading.js';

export const request = (folder: string, more: Partial<FilesRequest> = {}): FilesRequest => ({
  name: 'photos',
  places: [{ kind: 'folder', name: 'photos', folder }],
  strict: false,
  followLinks: false,
  outputs: [],
  ...more,
});

export interface ReadFolder {
  readonly lines: readonly string[];
  readonly notices: readonly string[];
  readonly progress: FilesProgress | undefined;
  /** How often the upload said that all files are there. */
  readonly ends: number;
}

/** Reads a folder to its end, and uploads its files into the bucket `b`. */
export async function upload(
  store: ObjectStore,
  folder: string,
  more: Partial<FilesRequest> = {},
  { signal } = new AbortController(),
): Promise<ReadFolder> {
  const files = new FileUploads('b');
  const notices: string[] = [];
  let progress: FilesProgress | undefined;
  let ends = 0;
  const groups = openFilesDataset(request(folder, more)).read(signal, {
    files,
    notify: ({ message }) => notices.push(message),
  });
  const first = await groups.next();
  const onProgress = (now: FilesProgress): void => {
    progress = now;
    if (now.files === now.total) ends += 1;
  };
  await files.begin({ store, clock: { nowMs: () => 0 }, signal, onProgress });
  const all = async function* () {
    if (first.done !== true) yield first.value;
    yield* groups;
  };
  return { lines: await linesOf(all()), notices, progress, ends };
}

/** The names of the items, and `bad: message` for those that cannot be read. */
export const namesOf = (lines: readonly string[]): readonly unknown[] =>
  lines.map((line) => {
    const input = decodeInputLine(line);
    return input.kind === 'bad'
      ? `bad: ${input.error.message}`
      : (JSON.parse(input.json) as { readonly name: string }).name;
  });

export const keysOf = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => (JSON.parse(line) as { readonly key: string }).key);

export async function fill(folder: string, files: number, content = (n: number): string => `file ${n}`): Promise<void> {
  await Promise.all(
    Array.from({ length: files }, (_, n) =>
      writeFile(path.join(folder, `${String(n).padStart(5, '0')}.txt`), content(n)),
    ),
  );
}
