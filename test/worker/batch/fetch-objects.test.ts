import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ObjectReference } from '../../../core/contract/input-line.js';
import { fileKey } from '../../../core/contract/keys.js';
import { fetchObjects } from '../../../worker/batch/batch-input.js';
import { systemClock } from '../../../worker/system-clock.js';
import { MemoryStore } from '../../support/memory-store.js';
import { tempDirectory } from '../../runner/model/files.js';

const { signal } = new AbortController();
const KEY = fileKey(createHash('sha256').update('abc').digest('hex'));

async function fetched(line: Partial<ObjectReference>, stored: string, own = 'own') {
  const store = new MemoryStore();
  const reference = { bucket: 'own', key: KEY, size: 3, ...line };
  await store.put(reference.key, stored, { signal });
  const directory = path.join(await tempDirectory(), 'objects');
  const input = { kind: 'item', json: JSON.stringify(reference) } as const;
  const how = { directory, storeOf: () => store, bucket: own, clock: systemClock, onTrouble: () => undefined, signal };
  const { items, failed } = await fetchObjects(
    { items: [{ index: 7, input }], failed: [], objectBytes: 3, next: undefined },
    how,
  );
  const values = items.map((item) => item.input.kind === 'item' && (JSON.parse(item.input.json) as unknown));
  return { values, failed: failed.map(({ line: text }) => text), directory };
}

describe('a file that a worker fetches', () => {
  it('comes to the model with its name, its key and a copy that has the ending of the name', async () => {
    const { values, directory } = await fetched({ name: 'a/b c+%25\n"é".JPG' }, 'abc');
    const copy = path.join(directory, '7.JPG');
    expect(values).toEqual([{ name: 'a/b c+%25\n"é".JPG', key: KEY, path: copy }]);
    expect(await readFile(copy, 'utf8')).toBe('abc');
  });

  it.each(['../../etc/passwd', '/etc/cron.d/x', 'a.jp/../g', 'x.', 'noending', `a.${'e'.repeat(13)}`])(
    'has a copy without more of the name than an ordinary ending: %s',
    async (name) => {
      const { values, directory } = await fetched({ name }, 'abc');
      expect(values).toEqual([{ name, key: KEY, path: path.join(directory, '7') }]);
      expect(await readdir(directory)).toEqual(['7']);
    },
  );

  it('has its key as its name in a job of an older version', async () => {
    const { values, directory } = await fetched({ key: 'in/a.png' }, 'abc');
    expect(values).toEqual([{ name: 'in/a.png', key: 'in/a.png', path: path.join(directory, '7.png') }]);
  });

  it.each([
    ['has other bytes than its key names', 'abd', /Its bytes are not those of the file that was submitted/],
    ['is shorter than its line says', 'ab', /Its bytes are not those of the file that was submitted/],
    ['is longer than its line says', 'abcd', /more than the 3 bytes that it had at the submit/],
  ])('is a failed item when its object %s', async (_what, stored, message) => {
    const { values, failed, directory } = await fetched({ name: 'a.txt' }, stored);
    expect(values).toEqual([]);
    expect(failed).toEqual([expect.stringMatching(message)]);
    expect(failed[0]).toContain('"code":"ObjectUnreadable"');
    expect(await readdir(directory)).toEqual([]);
  });

  it('may have any bytes in another bucket, where a key that looks like a digest is only a name', async () => {
    expect((await fetched({ name: 'a' }, 'abd', 'another')).values).toHaveLength(1);
  });
});
