import { createHash } from 'node:crypto';
import { appendFile, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { digestOfFileKey, fileKey } from '../../../../core/contract/keys.js';
import type { ObjectHead } from '../../../../core/contract/object-store.js';
import { WHOLE_BYTES } from '../../../../runner/dataset/files/read-file.js';
import { CountingStore } from '../../../support/counting-store.js';
import { MemoryStore } from '../../../support/memory-store.js';
import { tempDirectory } from '../../model/files.js';
import { fill, keysOf, namesOf, upload } from './folder.js';

const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Every object must have the bytes that its key names. */
function expectTrueKeys(store: MemoryStore): void {
  for (const [key, { body }] of store.objects) expect(digestOfFileKey(key)).toBe(sha256(body));
}

afterEach(() => void vi.restoreAllMocks());

describe('a folder of files', () => {
  it('is uploaded by digest, equal files once, and named by lines in order', async () => {
    const store = new MemoryStore();
    const folder = await tempDirectory({ 'b.txt': 'two', 'a.txt': 'one', 'sub/c.txt': 'two', empty: '' });
    const { lines, progress } = await upload(store, folder);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { bucket: 'b', key: fileKey(sha256('one')), size: 3, name: 'a.txt' },
      { bucket: 'b', key: fileKey(sha256('two')), size: 3, name: 'b.txt' },
      { bucket: 'b', key: fileKey(sha256('')), size: 0, name: 'empty' },
      { bucket: 'b', key: fileKey(sha256('two')), size: 3, name: 'sub/c.txt' },
    ]);
    expect([...store.writes].sort()).toEqual(['one', 'two', ''].map((text) => fileKey(sha256(text))).sort());
    expect(progress).toMatchObject({ files: 4, total: 4, sent: 3, sentBytes: 6 });
    expectTrueKeys(store);
  });

  it('says once that all files are there, when the last one is', async () => {
    for (const count of [3, 200]) {
      const folder = await tempDirectory();
      await fill(folder, count);
      const { progress, ends } = await upload(new MemoryStore(), folder);
      expect({ progress, ends }).toMatchObject({ progress: { files: count, total: count, sent: count }, ends: 1 });
    }
  });

  it('gives the same lines a second time, and uploads nothing', async () => {
    const store = new CountingStore();
    const folder = await tempDirectory();
    await fill(folder, 1_001);
    const first = await upload(store, folder);
    expect(store.requests).toEqual({ get: 0, head: 0, put: 1_001, list: 16 });
    store.reset();
    const second = await upload(store, folder);
    expect(second.lines).toEqual(first.lines);
    // A HEAD for each file would be 1,001 requests.
    expect(store.requests).toEqual({ get: 0, head: 0, put: 0, list: 16 });
    expect(second.progress).toMatchObject({ files: 1_001, sent: 0 });
  });

  it('asks for each file of a small folder, because a listing of a large bucket would take longer', async () => {
    const store = new CountingStore();
    const folder = await tempDirectory();
    await fill(folder, 20);
    await upload(store, folder);
    store.reset();
    await upload(store, folder);
    expect(store.requests).toEqual({ get: 0, head: 20, put: 0, list: 0 });
  });

  it('is taken to --limit, and nothing behind it is uploaded', async () => {
    const store = new MemoryStore();
    const folder = await tempDirectory();
    await fill(folder, 20);
    const { lines } = await upload(store, folder, { limit: 3 });
    expect(namesOf(lines)).toEqual(['00000.txt', '00001.txt', '00002.txt']);
    expect(store.writes).toHaveLength(3);
  });

  it('gives a sample from all over it: the same seed takes the same files, and no others are uploaded', async () => {
    const folder = await tempDirectory();
    await fill(folder, 60);
    const sampled = async (seed: number) => {
      const store = new MemoryStore();
      const names = namesOf((await upload(store, folder, { sample: { items: 12, seed } })).lines);
      expect(store.writes).toHaveLength(12);
      return names;
    };
    const names = await sampled(7);
    expect(names).toHaveLength(12);
    expect(names).toEqual([...names].sort());
    expect(await sampled(7)).toEqual(names);
    expect(await sampled(8)).not.toEqual(names);
  });

  it('has files that are larger than memory may hold: they are sent in parts, and only whole', async () => {
    const store = new MemoryStore();
    const large = Buffer.alloc(WHOLE_BYTES + 1, 'large');
    const folder = await tempDirectory({ 'large.bin': large });
    const { lines } = await upload(store, folder);
    expect(keysOf(lines)).toEqual([fileKey(sha256(large))]);
    expectTrueKeys(store);
  });

  it('is not read again when its files did not change', async () => {
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
    const store = new MemoryStore();
    const folder = await tempDirectory();
    await fill(folder, 20);
    const cache = path.join(await tempDirectory(), 'files.json');
    await upload(store, folder, { cache });
    // A digest that no file has shows that the file was not read.
    const false0 = 'f'.repeat(64);
    const remembered = await readFile(cache, 'utf8');
    await writeFile(cache, remembered.replace(sha256('file 7'), false0).replace(sha256('file 8'), false0));
    await store.put(fileKey(false0), 'file 7', { signal: new AbortController().signal });
    await utimes(path.join(folder, '00008.txt'), 1, 1);
    const keys = keysOf((await upload(store, folder, { cache })).lines);
    expect(keys[7]).toBe(fileKey(false0));
    expect(keys[8]).toBe(fileKey(sha256('file 8')));
    expect(keys[9]).toBe(fileKey(sha256('file 9')));
  });
});

/** A store that lets a test act between the moment at which a file is hashed and that at which it is sent. */
class BetweenStore extends MemoryStore {
  between: (key: string) => Promise<void> = () => Promise.resolve();

  override async head(key: string, options: { readonly signal: AbortSignal }): Promise<ObjectHead | undefined> {
    const found = await super.head(key, options);
    await this.between(key);
    return found;
  }
}

describe('a file that changes while it is uploaded', () => {
  it('is stored under the digest of the bytes that were stored', async () => {
    const folder = await tempDirectory({ 'large.bin': Buffer.alloc(WHOLE_BYTES + 1, 'before') });
    // The first eight files are hashed before the upload begins, so the file is one of the others.
    await fill(folder, 8);
    const store = new BetweenStore();
    let changes = 0;
    store.between = async () => {
      if ((changes += 1) === 9) await appendFile(path.join(folder, 'large.bin'), 'after');
    };
    const { lines } = await upload(store, folder);
    const now = await readFile(path.join(folder, 'large.bin'));
    expect(keysOf(lines).at(-1)).toBe(fileKey(sha256(now)));
    expect(store.objects.size).toBe(9);
    expectTrueKeys(store);
  });

  it('is a failed item when it never stands still, and when it vanishes', async () => {
    const folder = await tempDirectory({ 'large.bin': Buffer.alloc(WHOLE_BYTES + 1, 'before'), 'z.txt': 'z' });
    await fill(folder, 8);
    const store = new BetweenStore();
    let asked = 0;
    store.between = async () => {
      asked += 1;
      if (asked === 8) await rm(path.join(folder, 'z.txt'));
      if (asked > 8) await appendFile(path.join(folder, 'large.bin'), '.');
    };
    const { lines } = await upload(store, folder);
    expect(namesOf(lines).slice(8)).toEqual([
      'bad: the file large.bin changed while it was read',
      'bad: the file z.txt vanished after the folder was listed',
    ]);
    expectTrueKeys(store);
  });
});
