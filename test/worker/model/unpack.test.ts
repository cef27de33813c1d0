import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unpackBundle } from '../../../worker/model/unpack.js';

let directory: string;
beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'unpack-'))));
afterEach(() => rmSync(directory, { recursive: true }));

/** Makes a bundle with one entry that belongs to another user. */
async function bundleOf(entry: ConstructorParameters<typeof Header>[0]): Promise<string> {
  const header = new Header({ size: 0, uid: 64_123, gid: 64_123, mtime: new Date(0), ...(entry as object) });
  const block = Buffer.alloc(512);
  header.encode(block);
  const file = path.join(directory, 'bundle.tar.gz');
  await writeFile(file, gzipSync(Buffer.concat([block, Buffer.alloc(1024)])));
  return file;
}

async function unpacked(entry: ConstructorParameters<typeof Header>[0]): Promise<string> {
  const to = mkdtempSync(path.join(directory, 'to-'));
  await unpackBundle(await bundleOf(entry), to);
  return to;
}

describe('a file that was unpacked from a bundle', () => {
  it("belongs to the worker's user, and has no set-user-id bits", async () => {
    const to = await unpacked({ path: 'program', type: 'File', mode: 0o7755 });
    const { mode, uid } = statSync(path.join(to, 'program'));
    expect((mode & 0o7777).toString(8)).toBe('755');
    expect(uid).toBe(process.getuid?.());
  });

  it('is executable if and only if it was executable in the bundle', async () => {
    const to = await unpacked({ path: 'weights', type: 'File', mode: 0o644 });
    expect(statSync(path.join(to, 'weights')).mode & 0o111).toBe(0);
  });

  it.each([
    ['a link to elsewhere on the machine', { path: 'link', type: 'SymbolicLink', linkpath: '/etc/passwd' }],
    ['a link out of the directory', { path: 'link', type: 'SymbolicLink', linkpath: '../../secret' }],
    ['a second name of a file outside', { path: 'link', type: 'Link', linkpath: '../../secret' }],
    ['a file above the directory', { path: '../above', type: 'File' }],
    ['a device', { path: 'disk', type: 'BlockDevice' }],
  ] as const)('is never %s', async (_, entry) => {
    await expect(unpacked({ mode: 0o644, ...entry })).rejects.toThrow();
    expect(readdirSync(directory).sort()).toEqual(['bundle.tar.gz', expect.stringMatching(/^to-/)]);
    const [, to = ''] = readdirSync(directory).sort();
    expect(readdirSync(path.join(directory, to))).toEqual([]);
  });
});
