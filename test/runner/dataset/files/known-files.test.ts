import { describe, expect, it } from 'vitest';
import { fileKey } from '../../../../core/contract/keys.js';
import type { ListedObject } from '../../../../core/contract/object-store.js';
import { KnownFiles } from '../../../../runner/dataset/files/known-files.js';
import { MemoryStore } from '../../../support/memory-store.js';

const { signal } = new AbortController();
const DIGESTS = ['0', '7', '71', 'a', 'f'].map((digits) => digits.padEnd(64, '0'));

/** A bucket with far more files than any folder. */
class EndlessStore extends MemoryStore {
  listed = 0;

  override async *list(prefix: string): AsyncGenerator<ListedObject> {
    for (let n = 0; ; n += 1) {
      this.listed += 1;
      const digits = prefix.slice('files/'.length) + n.toString(16).padStart(8, '0');
      yield { key: fileKey(digits.padEnd(64, '0')), size: 1, etag: '', lastModifiedMs: 0 };
    }
  }
}

describe('the files that a bucket has', () => {
  it('are found in a listing of any number of them, and others are not', async () => {
    const store = new MemoryStore();
    for (const [at, digest] of DIGESTS.entries()) await store.put(fileKey(digest), 'x'.repeat(at), { signal });
    await store.put('files/7-is-no-digest', 'x', { signal });
    const known = new KnownFiles(store, 5_000, signal);
    expect(await Promise.all(DIGESTS.map((digest) => known.sizeOf(digest)))).toEqual([0, 1, 2, 3, 4]);
    expect(await known.sizeOf('7'.repeat(64))).toBeUndefined();
    expect(await known.sizeOf('c'.repeat(64))).toBeUndefined();
  });

  it('are asked for one by one when the bucket has far more files than the folder', async () => {
    const store = new EndlessStore();
    const [digest = ''] = DIGESTS;
    await store.put(fileKey(digest), 'abc', { signal });
    const known = new KnownFiles(store, 1_001, signal);
    expect(await known.sizeOf(digest)).toBe(3);
    expect(await known.sizeOf('c'.repeat(64))).toBeUndefined();
    expect(store.listed).toBeLessThan(31_000);
  });

  it('cannot be told when the listing fails, and whoever asks gets the error', async () => {
    const store = new MemoryStore();
    store.list = () => {
      throw new Error('S3 is away');
    };
    const known = new KnownFiles(store, 1_001, signal);
    await expect(known.sizeOf('c'.repeat(64))).rejects.toThrow('S3 is away');
    await known.settled();
  });
});
