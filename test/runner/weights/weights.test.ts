import { createHash } from 'node:crypto';
import { appendFile, mkdir, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { weightsFileKey, weightsListKey } from '../../../core/contract/keys.js';
import { decodeWeightsList, type WeightsList } from '../../../core/contract/weights.js';
import type { SourceObject } from '../../../runner/dataset/ports.js';
import { DigestCache, identityOf } from '../../../runner/weights/digest-cache.js';
import { openWeights, type Weights } from '../../../runner/weights/weights.js';
import type { WeightsProgress, WeightsRequest } from '../../../runner/weights/weights-files.js';
import { MemoryStore } from '../../support/memory-store.js';
import { tempDirectory } from '../model/files.js';

const { signal } = new AbortController();
const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

async function opened(
  cwd: string,
  argument: string,
  { objects = [], ...changes }: Partial<WeightsRequest> & { readonly objects?: readonly SourceObject[] } = {},
): Promise<Weights> {
  const list = async function* (_: string, prefix: string): AsyncGenerator<SourceObject> {
    yield* objects.filter(({ key }) => key.startsWith(prefix));
  };
  return openWeights(
    { argument, cwd, followLinks: false, ...changes },
    { list },
    { signal, onProgress: () => undefined },
  );
}

async function listOf(weights: Weights, store = new MemoryStore()): Promise<WeightsList['files']> {
  await weights.upload(store, { signal, onProgress: () => undefined });
  return decodeWeightsList(store.text(weightsListKey(weights.spec.digest)) ?? '')?.files ?? [];
}

const object = (key: string, etag = '"e"'): SourceObject => ({ key, size: 3, etag });

describe('weights of this machine', () => {
  it('keep their folders, and are uploaded once under their digests', async () => {
    const cwd = await tempDirectory({ 'w/a.bin': 'aaa', 'w/deep/b.bin': 'bbb', 'w/deep/same.bin': 'aaa' });
    const store = new MemoryStore();
    const weights = await opened(cwd, 'w');
    expect(weights.spec).toMatchObject({ name: 'w', files: 3, bytes: 9 });
    expect(await listOf(weights, store)).toEqual([
      { path: 'a.bin', bytes: 3, sha256: sha256('aaa') },
      { path: 'deep/b.bin', bytes: 3, sha256: sha256('bbb') },
      { path: 'deep/same.bin', bytes: 3, sha256: sha256('aaa') },
    ]);
    expect(store.text(weightsFileKey(sha256('bbb')))).toBe('bbb');
    const writes = store.writes.length;
    await (await opened(path.join(cwd, 'w', '..'), './w')).upload(store, { signal, onProgress: () => undefined });
    expect(store.writes).toHaveLength(writes);
  });

  it('that are one file lie in a folder under their own name', async () => {
    const cwd = await tempDirectory({ 'deep/net.safetensors': 'aaa' });
    expect(await listOf(await opened(cwd, 'deep/net.safetensors'))).toMatchObject([{ path: 'net.safetensors' }]);
  });

  it('are taken although git ignores them, but not when .spotpoolignore does, nor what no model reads', async () => {
    const cwd = await tempDirectory({
      'w/.gitignore': '*.bin\n',
      'w/.spotpoolignore': 'optimizer.bin\n',
      'w/a.bin': 'aaa',
      'w/optimizer.bin': 'ooo',
      'w/.git/config': 'x',
      'w/.cache/huggingface/download/a.metadata': 'x',
    });
    const weights = await opened(cwd, 'w');
    expect((await listOf(weights)).map(({ path: place }) => place)).toEqual(['.gitignore', '.spotpoolignore', 'a.bin']);
    expect(weights.leftOut.map(({ path: place }) => place)).toEqual(['.git/', 'optimizer.bin', '.cache/huggingface/']);
  });

  it('have copies in the place of links, which leave the folder only on request', async () => {
    const cwd = await tempDirectory({ 'w/a.bin': 'aaa', 'blobs/b': 'bbb' });
    await symlink('a.bin', path.join(cwd, 'w', 'same.bin'));
    expect((await listOf(await opened(cwd, 'w'))).map(({ path: place }) => place)).toEqual(['a.bin', 'same.bin']);
    await symlink('../blobs/b', path.join(cwd, 'w', 'b.bin'));
    await expect(opened(cwd, 'w')).rejects.toThrow(
      /links that lead out of their folder[^]*b\.bin -> [^]*--follow-links/,
    );
    expect(await listOf(await opened(cwd, 'w', { followLinks: true }))).toContainEqual({
      path: 'b.bin',
      bytes: 3,
      sha256: sha256('bbb'),
    });
  });

  it.each([
    ['nowhere', /The weights nowhere do not exist \(.*nowhere\)\. Give a file, a folder, or s3:\/\/bucket\/prefix\/\./],
    ['empty', /The weights empty have no files\./],
    ['ignored', /The weights ignored have no files \(left out: x\.log: a cache or log\)\./],
    ['secret', /The weights secret contain files that look like secrets[^]*\.env \(environment variables\)/],
  ])('are refused with the reason: %s', async (name, message) => {
    const cwd = await tempDirectory({ 'ignored/x.log': 'x', 'secret/.env': 'A=b', 'secret/a.bin': 'a' });
    await mkdir(path.join(cwd, 'empty'));
    await expect(opened(cwd, name)).rejects.toThrow(message);
  });

  it('are refused, and leave no object, when a program writes to them before they are sent', async () => {
    const cwd = await tempDirectory({ 'a.bin': 'aaa' });
    const store = new MemoryStore();
    const weights = await opened(cwd, 'a.bin');
    await appendFile(path.join(cwd, 'a.bin'), 'more');
    await expect(listOf(weights, store)).rejects.toThrow(/a\.bin changed while it was read\. Submit again when/);
    expect(store.writes).toEqual([]);
  });

  it('that are large are not read again while they stay the same', async () => {
    const cwd = await tempDirectory({ 'a.bin': '' });
    const file = path.join(cwd, 'a.bin');
    await truncate(file, 64 * 1024 * 1024);
    const cache = path.join(cwd, 'state', 'weights.json');
    const stats = { ino: 1n, size: 1n << 30n, mtimeNs: 1n, ctimeNs: 1n } as Parameters<DigestCache['remember']>[1];
    const known = await DigestCache.read(cache);
    known.remember(file, stats, 'a'.repeat(64));
    known.remember('/just/changed', { ...stats, ctimeNs: BigInt(Date.now()) * 1_000_000n }, 'b'.repeat(64));
    await known.save();
    const again = await DigestCache.read(cache);
    expect(again.digestOf(file, identityOf(stats))).toBe('a'.repeat(64));
    expect(again.digestOf(file, identityOf({ ...stats, ctimeNs: 2n }))).toBeUndefined();
    expect(again.digestOf('/just/changed', identityOf(stats))).toBeUndefined();

    const seen: WeightsProgress[] = [];
    await utimes(file, 1, 1);
    const request = { argument: 'a.bin', cwd, followLinks: false, cache };
    const hooks = { signal, onProgress: (progress: WeightsProgress) => seen.push(progress) };
    await openWeights(request, { list: async function* () {} }, hooks);
    expect(seen.length).toBeGreaterThan(1);
    await writeFile(cache, 'no JSON');
    expect((await DigestCache.read(cache)).digestOf(file, identityOf(stats))).toBeUndefined();
  });
});

describe('weights in a bucket', () => {
  it('stay there, pinned by their ETags', async () => {
    const objects = [object('e5/'), object('e5/a.bin', '"1"'), object('e5/deep/b.bin', '"2"'), object('e5-large/c')];
    for (const url of ['s3://theirs/e5/', 's3://theirs/e5']) {
      const weights = await opened('/', url, { objects });
      expect([weights.bucket, weights.spec.bytes]).toEqual(['theirs', 6]);
      const store = new MemoryStore();
      expect(await listOf(weights, store)).toEqual([
        { path: 'a.bin', bytes: 3, bucket: 'theirs', key: 'e5/a.bin', etag: '"1"' },
        { path: 'deep/b.bin', bytes: 3, bucket: 'theirs', key: 'e5/deep/b.bin', etag: '"2"' },
      ]);
      expect(store.writes).toEqual([weightsListKey(weights.spec.digest)]);
    }
    expect(await listOf(await opened('/', 's3://theirs/e5/deep/b.bin', { objects }))).toMatchObject([
      { path: 'b.bin' },
    ]);
  });

  it.each([
    ['s3://theirs/nothing/', [], /no object of the bucket theirs has a key that begins with nothing\//],
    ['s3://', [], /name no bucket\. Write s3:\/\/bucket\/prefix\//],
    ['s3://theirs/e5/', [object('e5/../x')], /e5\/\.\.\/x cannot be a file of weights/],
    [
      's3://theirs/e5/',
      [object('e5/a'), object('e5/a/b')],
      /have the object a and also a\/b, and a disk cannot hold both/,
    ],
  ])('are refused with the reason: %s', async (url, objects, message) => {
    await expect(opened('/', url, { objects })).rejects.toThrow(message);
  });
});
