import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { create } from 'tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchBundle, type FetchBundleOptions } from '../../../worker/model/fetch-bundle.js';

let root: string;
let bundle: Buffer;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'spotpool-bundle-'));
  await writeFile(path.join(root, 'weights.bin'), Buffer.alloc(300_000, 'weights'));
  await create({ file: path.join(root, 'bundle.tar.gz'), gzip: { level: 0 }, cwd: root }, ['weights.bin']);
  bundle = await readFile(path.join(root, 'bundle.tar.gz'));
});
afterEach(() => rm(root, { recursive: true }));

const models = (): string => path.join(root, 'models');
const noWait = { nowMs: () => 0, sleep: async () => undefined };

function optionsOf(changes: Partial<FetchBundleOptions> = {}): FetchBundleOptions {
  return {
    store: {
      async *stream() {
        for (let at = 0; at < bundle.length; at += 10_000) yield bundle.subarray(at, at + 10_000);
      },
    },
    key: 'models/d/bundle.tar.gz',
    digest: createHash('sha256').update(bundle).digest('hex'),
    directory: path.join(models(), 'one'),
    clock: noWait,
    onTrouble: () => undefined,
    signal: new AbortController().signal,
    ...changes,
  };
}

describe('a bundle', () => {
  it('is unpacked anew after the connection broke, and shows only when it is whole', async () => {
    const troubles: string[] = [];
    const seen: (readonly string[])[] = [];
    let tries = 0;
    const store: FetchBundleOptions['store'] = {
      async *stream(key, options) {
        tries += 1;
        let pieces = 0;
        for await (const piece of optionsOf().store.stream(key, options)) {
          if (tries < 3 && ++pieces > 10) throw new Error('socket hang up');
          yield piece;
        }
        seen.push(await readdir(models()));
      },
    };
    const { bytes } = await fetchBundle(optionsOf({ store, onTrouble: (error) => troubles.push(String(error)) }));
    expect(bytes).toBe(bundle.length);
    expect(troubles).toEqual(['Error: socket hang up', 'Error: socket hang up']);
    expect(seen).toEqual([[expect.stringMatching(/^one\../)]]);
    expect(await readdir(models())).toEqual(['one']);
    const weights = await readFile(path.join(models(), 'one', 'weights.bin'));
    expect(weights.equals(Buffer.alloc(300_000, 'weights'))).toBe(true);
  });

  it('is refused with the reason, and not tried again, when the disk has no room for it', async () => {
    const never = { nowMs: () => 0, sleep: () => Promise.reject(new Error('It waited.')) };
    const free = 256 * 1024 * 1024 + 100_000;
    const fetching = fetchBundle(optionsOf({ clock: never, freeBytes: async () => free }));
    await expect(fetching).rejects.toThrow(
      "it unpacks to more than the 0.1 MB that the disk has room for. Use instances with a larger disk (the stack's property rootVolumeGib)",
    );
    expect(await readdir(models())).toEqual([]);
  });

  it('replaces what an earlier try has left, and leaves nothing when it is aborted', async () => {
    await mkdir(path.join(models(), 'one', 'half'), { recursive: true });
    const stop = new AbortController();
    const store: FetchBundleOptions['store'] = {
      async *stream() {
        yield bundle.subarray(0, 100_000);
        stop.abort(new Error('drained'));
        stop.signal.throwIfAborted();
      },
    };
    await expect(fetchBundle(optionsOf({ store, signal: stop.signal }))).rejects.toThrow('drained');
    expect(await readdir(models())).toEqual(['one']);
    await fetchBundle(optionsOf());
    expect(await readdir(path.join(models(), 'one'))).toEqual(['weights.bin']);
  });
});
