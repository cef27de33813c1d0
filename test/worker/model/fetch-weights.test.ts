import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { weightsFileKey, weightsListKey } from '../../../core/contract/keys.js';
import type { ReadOptions } from '../../../core/contract/object-store.js';
import { encodeWeightsList, type WeightsFile, type WeightsSpec } from '../../../core/contract/weights.js';
import { fetchWeights, type FetchWeightsOptions } from '../../../worker/model/fetch-weights.js';
import { fetchFiles } from '../../../worker/model/fetch-weights-files.js';
import { MemoryStore } from '../../support/memory-store.js';

const GIBIBYTE = 1024 ** 3;
const noWait = { nowMs: () => 0, sleep: async () => undefined };
const never = { nowMs: () => 0, sleep: () => Promise.reject(new Error('It waited.')) };
const { signal } = new AbortController();
const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** Keeps the reads, and can break them. */
class Bucket extends MemoryStore {
  readonly reads: { readonly key: string; readonly range: ReadOptions['range'] }[] = [];
  fault: (key: string, reads: number) => Error | undefined = () => undefined;

  override async *stream(key: string, options: ReadOptions): AsyncGenerator<Uint8Array> {
    this.reads.push({ key, range: options.range });
    const fault = this.fault(key, this.reads.length);
    for await (const chunk of super.stream(key, options)) {
      yield chunk;
      if (fault !== undefined) throw fault;
    }
    if (fault !== undefined) throw fault;
  }
}

let root: string;
let bucket: Bucket;
let theirs: Bucket;
let troubles: string[];
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'spotpool-weights-'));
  bucket = new Bucket();
  theirs = new Bucket();
  troubles = [];
});
afterEach(() => rm(root, { recursive: true }));

const directory = (): string => path.join(root, 'weights');

async function uploaded(files: Readonly<Record<string, Buffer>>): Promise<WeightsFile[]> {
  const listed = Object.entries(files).map(([place, body]) => ({
    path: place,
    bytes: body.length,
    sha256: sha256(body),
  }));
  for (const body of Object.values(files)) await bucket.put(weightsFileKey(sha256(body)), body, { signal });
  return listed;
}

async function elsewhere(files: Readonly<Record<string, Buffer>>): Promise<WeightsFile[]> {
  const puts = Object.entries(files).map(async ([place, body]) => {
    const key = `e5/${place}`;
    await theirs.put(key, body, { signal });
    const etag = theirs.objects.get(key)?.etag ?? '';
    return { path: place, bytes: body.length, bucket: 'our-models', key, etag };
  });
  return Promise.all(puts);
}

async function listed(files: readonly WeightsFile[]): Promise<WeightsSpec> {
  const list = encodeWeightsList({ version: 1, files });
  const digest = sha256(list);
  await bucket.put(weightsListKey(digest), list, { signal });
  return { name: './e5', digest, files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

const fetched = (weights: WeightsSpec, changes: Partial<FetchWeightsOptions> = {}): ReturnType<typeof fetchWeights> =>
  fetchWeights({
    store: bucket,
    storeOf: () => theirs,
    weights,
    directory: directory(),
    clock: never,
    onTrouble: (message) => troubles.push(message),
    signal,
    ...changes,
  });

const isSame = async (file: string, body: Buffer): Promise<boolean> => (await readFile(file)).equals(body);

describe('weights', () => {
  it('are fetched once for all callers, with their folders, and cannot be written to', async () => {
    const files = {
      'model.bin': Buffer.alloc(70_000, 'w'),
      'tokens/vocab.txt': Buffer.from('a b'),
      empty: Buffer.alloc(0),
    };
    const weights = await listed(await uploaded(files));
    const [first, second] = await Promise.all([fetched(weights), fetched(weights)]);
    expect(first.bytes).toBe(weights.bytes);
    expect(second.directory).toBe(first.directory);
    for (const [place, body] of Object.entries(files)) {
      const file = path.join(first.directory, place);
      expect(await isSame(file, body)).toBe(true);
      expect((await stat(file)).mode & 0o777).toBe(0o444);
    }
    const reads = bucket.reads.length;
    expect(await fetched(weights)).toEqual({ directory: first.directory, bytes: 0 });
    expect(bucket.reads).toHaveLength(reads);
    expect(await readdir(directory())).toEqual([weights.digest]);
  });

  it('with the same contents under two names are fetched once', async () => {
    const body = Buffer.alloc(1_000, 'w');
    const weights = await listed(await uploaded({ 'a/model.bin': body, 'b/model.bin': body }));
    const { directory: folder, bytes } = await fetched(weights);
    expect(bytes).toBe(1_000);
    expect(await isSame(path.join(folder, 'b/model.bin'), body)).toBe(true);
    expect(bucket.reads.filter(({ key }) => key === weightsFileKey(sha256(body)))).toHaveLength(1);
  });

  it('of an s3:// prefix are read where they are, and only as they were at submit', async () => {
    const body = Buffer.alloc(1_000, 'w');
    const weights = await listed(await elsewhere({ 'model.bin': body }));
    const { directory: folder } = await fetched(weights);
    expect(await isSame(path.join(folder, 'model.bin'), body)).toBe(true);
    await rm(folder, { recursive: true });
    await theirs.put('e5/model.bin', Buffer.alloc(1_000, 'x'), { signal });
    await expect(fetched(weights)).rejects.toThrow(
      'The weights ./e5 cannot be used. The file model.bin has changed since it was listed: ' +
        's3://our-models/e5/model.bin has another ETag. Submit the job again.',
    );
    theirs.objects.delete('e5/model.bin');
    await expect(fetched(weights)).rejects.toThrow(
      'The file model.bin is gone: there is no object s3://our-models/e5/model.bin.',
    );
    expect(await readdir(directory())).toEqual([]);
  });

  it('are refused when a file has another digest than its key, and leave nothing', async () => {
    const [file] = await uploaded({ 'model.bin': Buffer.alloc(1_000, 'w') });
    const weights = await listed([file!]);
    const key = weightsFileKey(sha256(Buffer.alloc(1_000, 'w')));
    await bucket.put(key, Buffer.alloc(1_000, 'x'), { signal });
    await expect(fetched(weights)).rejects.toThrow('The file model.bin was damaged or replaced: its SHA-256 is');
    await bucket.put(key, Buffer.alloc(999, 'w'), { signal });
    await expect(fetched(weights)).rejects.toThrow('The file model.bin ends before byte 1000');
    expect(await readdir(directory())).toEqual([]);
  });

  it('are refused when their list is not the one that the job names', async () => {
    const weights = await listed(await uploaded({ a: Buffer.from('a') }));
    await bucket.put(weightsListKey(weights.digest), encodeWeightsList({ version: 1, files: [] }), { signal });
    await expect(fetched(weights)).rejects.toThrow(/weights\.json is not the list that the job names\.$/);
    bucket.objects.delete(weightsListKey(weights.digest));
    await expect(fetched(weights)).rejects.toThrow(/^The weights \.\/e5 cannot be used\. There is no object models\//);
  });

  it('that the disk has no room for are refused before anything is fetched', async () => {
    const weights = await listed([{ path: 'huge.bin', bytes: 20 * GIBIBYTE, sha256: '0'.repeat(64) }]);
    await expect(fetched(weights, { freeBytes: async () => 5 * GIBIBYTE })).rejects.toThrow(
      'The weights ./e5 cannot be used. They have 21.5 GB, and the disk has room for 5.1 GB. ' +
        "Use instances with a larger disk (the stack's property rootVolumeGib).",
    );
    expect(bucket.reads.map(({ key }) => key)).toEqual([weightsListKey(weights.digest)]);
  });

  it('wait for the end of an outage of any length, and say so once for each pause', async () => {
    const weights = await listed(await uploaded({ a: Buffer.alloc(1_000, 'a'), b: Buffer.alloc(1_000, 'b') }));
    let nowMs = 0;
    const clock = {
      nowMs: () => nowMs,
      sleep: async (ms: number): Promise<void> => {
        await new Promise((resolve) => setImmediate(resolve));
        nowMs += ms;
      },
    };
    bucket.fault = (_, reads) => (reads < 100 ? new Error('connect ECONNREFUSED') : undefined);
    await fetched(weights, { clock });
    expect(nowMs).toBeGreaterThan(600_000);
    expect(troubles[0]).toBe('Could not read the list of the weights ./e5 (connect ECONNREFUSED); retrying in 1 s');
    expect(new Set(troubles).size).toBe(6);
  });

  it('go on where the connection was lost', async () => {
    const body = Buffer.alloc(200_000, 'w');
    const weights = await listed(await uploaded({ 'model.bin': body }));
    bucket.fault = (key, reads) => (key.endsWith('/weights') && reads < 4 ? new Error('socket hang up') : undefined);
    const { directory: folder } = await fetched(weights, { clock: noWait });
    expect(await isSame(path.join(folder, 'model.bin'), body)).toBe(true);
    expect(troubles[0]).toBe('Could not read model.bin of the weights ./e5 (socket hang up); retrying in 1 s');
    const starts = bucket.reads.slice(1).map(({ range }) => range?.startByte);
    expect(starts).toEqual([0, 65_536, 131_072]);
  });

  it('leave nothing when nobody wants them any more', async () => {
    const weights = await listed(await uploaded({ 'model.bin': Buffer.alloc(1_000, 'w') }));
    const stop = new AbortController();
    bucket.beforeRead = (key) => {
      if (key.endsWith('/weights')) stop.abort(new Error('drained'));
    };
    await expect(fetched(weights, { signal: stop.signal })).rejects.toThrow('drained');
    bucket.beforeRead = () => undefined;
    await fetched(weights);
    expect(await readdir(directory())).toEqual([weights.digest]);
  });
});

describe('files that are fetched in ranges', () => {
  it('are whole whatever their sizes, the size of a range, and the connections that break', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 6 });
    const property = fc.asyncProperty(
      sizes,
      fc.integer({ min: 1, max: 90 }),
      fc.infiniteStream(fc.boolean()),
      async (lengths, rangeBytes, breaks) => {
        bucket = new Bucket();
        bucket.fault = () => (breaks.next().value === true ? new Error('socket hang up') : undefined);
        const bodies = lengths.map((length, at) =>
          Buffer.from(Array.from({ length }, (_, byte) => (byte * 7 + at) % 251)),
        );
        const files = await uploaded(Object.fromEntries(bodies.map((body, at) => [`f${at}`, body])));
        await mkdir(directory(), { recursive: true });
        const folder = await mkdtemp(path.join(directory(), 'run-'));
        const pauses = { firstPauseMs: 1, lastPauseMs: 1, endless: true };
        await fetchFiles(files, folder, {
          store: bucket,
          storeOf: () => theirs,
          clock: noWait,
          signal,
          rangeBytes,
          ...pauses,
          onTrouble: () => undefined,
        });
        for (const [at, body] of bodies.entries())
          expect((await readFile(path.join(folder, `f${at}`))).equals(body)).toBe(true);
      },
    );
    await fc.assert(property, { numRuns: 40 });
  });

  it('are not written to any more once one of them has failed', async () => {
    const files = await uploaded({ a: Buffer.alloc(300_000, 'a'), b: Buffer.alloc(300_000, 'b') });
    await writeFile(path.join(root, 'b'), 'in the way');
    const pauses = { firstPauseMs: 1, lastPauseMs: 1 };
    const fetching = fetchFiles(files, root, {
      store: bucket,
      storeOf: () => theirs,
      clock: never,
      signal,
      ...pauses,
      onTrouble: () => undefined,
    });
    await expect(fetching).rejects.toThrow('EEXIST');
    expect(await readFile(path.join(root, 'b'), 'utf8')).toBe('in the way');
  });
});
