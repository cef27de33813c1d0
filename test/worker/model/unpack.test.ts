import { mkdtempSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unpackBundle } from '../../../worker/model/unpack.js';

let directory: string;
beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'unpack-'))));
afterEach(() => rmSync(directory, { recursive: true }));

const { signal } = new AbortController();
const MEBIBYTE = 1024 * 1024;

/** Makes a bundle with one entry that belongs to another user. */
function bundleOf(entry: ConstructorParameters<typeof Header>[0], content: Buffer = Buffer.alloc(0)): Buffer {
  const header = new Header({
    size: content.length,
    uid: 64_123,
    gid: 64_123,
    mtime: new Date(0),
    ...(entry as object),
  });
  const block = Buffer.alloc(512);
  header.encode(block);
  return gzipSync(Buffer.concat([block, content, Buffer.alloc(1024)]), { level: 0 });
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
}

async function unpacked(entry: ConstructorParameters<typeof Header>[0], content?: Buffer): Promise<string> {
  const to = mkdtempSync(path.join(directory, 'to-'));
  await unpackBundle(inPieces(bundleOf(entry, content)), to, { mostBytes: MEBIBYTE, signal });
  return to;
}

/** The open files below the directory. */
const openFiles = (): readonly string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)].filter((file) => file.startsWith(directory));
    } catch {
      return [];
    }
  });

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
    expect(readdirSync(directory)).toEqual([expect.stringMatching(/^to-/)]);
    const [to = ''] = readdirSync(directory);
    expect(readdirSync(path.join(directory, to))).toEqual([]);
  });
});

describe('an archive that is unpacked while it arrives', () => {
  it('is refused when its files are larger than the room on the disk', async () => {
    const large = unpacked({ path: 'zeros', type: 'File', mode: 0o644 }, Buffer.alloc(MEBIBYTE + 512));
    await expect(large).rejects.toThrow('it unpacks to more than the 1.0 MB that the disk has room for');
    const [to = ''] = readdirSync(directory);
    expect(readdirSync(path.join(directory, to))).toEqual([]);
  });

  it.each([
    ['breaks off', 'socket hang up'],
    ['is cut short', 'unexpected end of file'],
  ])('leaves no open file when it %s', async (how, message) => {
    const bytes = bundleOf({ path: 'weights', type: 'File', mode: 0o644 }, Buffer.alloc(MEBIBYTE));
    const half = async function* (): AsyncGenerator<Uint8Array> {
      yield* inPieces(bytes.subarray(0, bytes.length / 2));
      if (how === 'breaks off') throw new Error('socket hang up');
    };
    await expect(unpackBundle(half(), directory, { mostBytes: 2 * MEBIBYTE, signal })).rejects.toThrow(message);
    expect(openFiles()).toEqual([]);
  });

  it('stops when the signal aborts', async () => {
    const stop = new AbortController();
    const bytes = bundleOf({ path: 'weights', type: 'File', mode: 0o644 }, Buffer.alloc(MEBIBYTE));
    const stuck = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, bytes.length / 2);
      stop.abort(new Error('drained'));
      stop.signal.throwIfAborted();
    };
    const unpacking = unpackBundle(stuck(), directory, { mostBytes: 2 * MEBIBYTE, signal: stop.signal });
    await expect(unpacking).rejects.toThrow();
    expect(openFiles()).toEqual([]);
  });
});
