/** A folder and a bucket for tests of datasets of many files. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import type { SourceLine } from '../../../core/contract/source-line.js';
import { ObjectChanged } from '../../../core/contract/object-store.js';
import { openDataset } from '../../../runner/dataset/dataset.js';
import type { Dataset } from '../../../runner/dataset/opened-dataset.js';
import type { DatasetRequest } from '../../../runner/dataset/dataset-request.js';
import type { SourceObjects } from '../../../runner/dataset/ports.js';
import { compareBytes } from '../../../runner/dataset/sources/names.js';
import { UserError } from '../../../runner/errors.js';
import { chunksOf, itemsOf } from './reading.js';

/** The folder of the test. */
export let directory: string;
export const { signal } = new AbortController();
export const objects = new Map<string, Buffer>();
/** The key of an object that changes after it was looked at. */
let replaced: string | undefined;
const bucket: SourceObjects = {
  head: async (_bucket, key) => {
    const body = objects.get(key);
    return body && { key, size: body.length, etag: '"1"' };
  },
  async *stream(_bucket, key, _signal, part = {}) {
    if (part.ifMatch !== undefined && replaced === key) throw new ObjectChanged(key);
    yield* chunksOf(objects.get(key) ?? Buffer.alloc(0), 5);
  },
  async *list(_bucket, prefix) {
    for (const key of [...objects.keys()].sort(compareBytes)) {
      if (key.startsWith(prefix)) yield { key, size: objects.get(key)?.length ?? 0, etag: '"1"' };
    }
  },
};
/** Both are empty before each test of the file that calls this. */
export function useFolderAndBucket(): void {
  beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-sources-'));
  });
  afterEach(async () => {
    objects.clear();
    replaced = undefined;
    await rm(directory, { recursive: true });
  });
}

export type Options = Omit<DatasetRequest, 'arguments' | 'cwd'>;

export const open = (argument: string | readonly string[], options: Options = {}): Promise<Dataset> =>
  openDataset({ arguments: [argument].flat(), cwd: directory, ...options }, bucket, signal);

export async function write(files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
    await writeFile(path.join(directory, name), content);
  }
}

interface ReadRows {
  readonly items: readonly unknown[];
  readonly notices: string;
  readonly lines: readonly SourceLine[];
}

export async function read(argument: string | readonly string[], options: Options = {}): Promise<ReadRows> {
  const notices: string[] = [];
  const dataset = await open(argument, options);
  const items = await itemsOf(dataset.read(signal, { notify: ({ message }) => notices.push(message) }));
  return { items, notices: notices.join('\n'), lines: dataset.sources?.lines() ?? [] };
}

export async function refusal(argument: string | readonly string[], options: Options = {}): Promise<string> {
  const error: unknown = await read(argument, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

export const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

export const replace = (key: string): void => {
  replaced = key;
};
