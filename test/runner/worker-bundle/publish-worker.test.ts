import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { workerBundleKey, workerPointerKey } from '../../../core/contract/keys.js';
import { publishWorker, type PublishedWorker } from '../../../runner/worker-bundle/publish-worker.js';
import type { WorkerBundle } from '../../../runner/worker-bundle/worker-bundle.js';
import { MemoryStore } from '../../support/memory-store.js';

const { signal } = new AbortController();
const publishedAt = '2026-11-21T00:00:00.000Z';
let store: MemoryStore;
beforeEach(() => (store = new MemoryStore()));

function bundle(version: string, content = version): WorkerBundle {
  const bytes = Buffer.from(content);
  return { version, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

const publish = (worker: WorkerBundle): Promise<PublishedWorker> =>
  publishWorker(worker, store, { publishedAt, signal });
const pointed = (): unknown => JSON.parse(store.text(workerPointerKey) ?? 'null');

describe('publishing the worker', () => {
  it('uploads the bundle before the pointer names it', async () => {
    const worker = bundle('1.0.0');
    expect(await publish(worker)).toEqual({ kind: 'published', version: '1.0.0', bytes: 5 });
    expect(store.writes).toEqual([workerBundleKey(worker.sha256), workerPointerKey]);
    expect(pointed()).toEqual({ version: '1.0.0', sha256: worker.sha256, publishedAt });
  });

  it('writes nothing when the bundle exists, and restores a deleted bundle', async () => {
    const worker = bundle('1.0.0');
    await publish(worker);
    expect(await publish(worker)).toMatchObject({ kind: 'present' });
    expect(store.writes).toHaveLength(2);
    store.objects.delete(workerBundleKey(worker.sha256));
    expect(await publish(worker)).toMatchObject({ kind: 'present' });
    expect(store.writes.slice(2)).toEqual([workerBundleKey(worker.sha256)]);
  });

  it('never replaces a newer version by an older one', async () => {
    await publish(bundle('1.1.0'));
    const before = pointed();
    expect(await publish(bundle('1.0.0'))).toEqual({ kind: 'newer', version: '1.1.0', bytes: 0 });
    expect(pointed()).toEqual(before);
  });

  it('accepts another build of the same version, and replaces an unreadable pointer', async () => {
    await publish(bundle('1.0.0'));
    const rebuilt = bundle('1.0.0', 'rebuilt');
    expect(await publish(rebuilt)).toMatchObject({ kind: 'published' });
    expect(pointed()).toMatchObject({ sha256: rebuilt.sha256 });
    await store.put(workerPointerKey, 'damaged', { signal });
    expect(await publish(rebuilt)).toMatchObject({ kind: 'published' });
  });

  it('ends with the newest version when several commands publish at the same time', async () => {
    const versions = ['1.0.0', '1.2.0', '0.9.0', '1.1.0', '1.2.0-rc.1'];
    const published = await Promise.all(versions.map((version) => publish(bundle(version))));
    expect(pointed()).toMatchObject({ version: '1.2.0' });
    expect(published[1]).toMatchObject({ kind: 'published', version: '1.2.0' });
  });

  it('yields to a newer version that is published between its read and its write', async () => {
    await publish(bundle('1.0.0'));
    let raced = false;
    store.beforeWrite = async (key) => {
      if (raced || key !== workerPointerKey) return;
      raced = true;
      await publish(bundle('3.0.0'));
    };
    expect(await publish(bundle('2.0.0'))).toMatchObject({ kind: 'newer', version: '3.0.0' });
    expect(pointed()).toMatchObject({ version: '3.0.0' });
  });
});
