import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tar from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SPOTPOOL_VERSION } from '../../../core/contract/version.js';
import { installedFiles } from '../../../runner/local-cloud/paths.js';
import { writeBundle } from '../../../runner/model/bundle.js';
import { readWorkerBundle } from '../../../runner/worker-bundle/worker-bundle.js';

let directory: string;
beforeAll(async () => (directory = await mkdtemp(path.join(tmpdir(), 'spotpool-bundle-test-'))));
afterAll(() => rm(directory, { recursive: true }));

describe("the worker's bundle", () => {
  it('contains the worker and its host as the build made them', async () => {
    const { workerBundle, worker } = installedFiles();
    await tar.extract({ file: workerBundle, cwd: directory });
    for (const name of ['worker.mjs', 'host.mjs']) {
      const built = await readFile(path.join(path.dirname(worker), name));
      expect((await readFile(path.join(directory, name))).equals(built)).toBe(true);
    }
    const { version, sha256, bytes } = await readWorkerBundle(workerBundle);
    expect(version).toBe(SPOTPOOL_VERSION);
    expect(sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(Buffer.from(bytes).includes(directory)).toBe(false);
  });

  it('has the same bytes whenever the same content is packed', async () => {
    const pack = (name: string, content: string) =>
      writeBundle(
        [{ kind: 'file', path: 'worker.mjs', executable: false, content: Buffer.from(content) }],
        path.join(directory, name),
        new AbortController().signal,
        9,
      );
    const first = await pack('a.tar.gz', 'worker');
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await pack('b.tar.gz', 'worker')).toEqual(first);
    expect((await pack('c.tar.gz', 'another')).digest).not.toBe(first.digest);
  });

  it('is reported with a remedy when it is missing', async () => {
    await expect(readWorkerBundle(path.join(directory, 'none'))).rejects.toThrow('npm run build');
  });
});
