/** Real workers make real environments: uv and numpy from the package index, put into a bucket, and then no index at all. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { outcomeKey, wheelKey } from '../../core/contract/keys.js';
import {
  encodeEnvironment,
  ENVIRONMENT_FILE,
  LOCK_FILE,
  type PythonEnvironment,
} from '../../core/contract/python-environment.js';
import { eventually } from '../support/eventually.js';
import { findPythons } from '../support/pythons.js';
import { lockOf, type MadeWheel, wheelFileOf, wheelOf } from '../support/wheels.js';
import { FakeMetadata, type RunningWorker, WorkerCloud } from '../worker/support/worker-process.js';

/** Nothing listens on the port of this address. */
const NOWHERE = 'http://127.0.0.1:9';
const UNREACHABLE = {
  HTTPS_PROXY: NOWHERE,
  HTTP_PROXY: NOWHERE,
  ALL_PROXY: NOWHERE,
  NO_PROXY: '127.0.0.1',
  UV_INDEX_URL: NOWHERE,
  UV_DEFAULT_INDEX: NOWHERE,
  PIP_INDEX_URL: NOWHERE,
};
const MINUTES = 60_000;
const { signal } = new AbortController();

const MODEL = `
import os, sys, tempfile
import numpy, msgpack
def predict(items):
    for item in items:
        yield {
            "double": int(numpy.int64(item) * 2),
            "packed": msgpack.unpackb(msgpack.packb(item)),
            "prefix": sys.prefix, "numpy": numpy.__file__, "home": os.path.expanduser("~"),
            "temporary": tempfile.gettempdir(), "python": "%d.%d" % sys.version_info[:2],
        }
`;
const COMMAND = `
import json, sys
import tiny
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    message = json.loads(line)
    if "index" in message:
        print(json.dumps({"index": message["index"], "output": [tiny.VALUE, sys.prefix]}), flush=True)
`;

const pythons = findPythons();
const tested = [pythons[0], pythons.at(-1)].filter((python) => python !== undefined);
const current = pythons.at(-1) ?? { version: '', path: '' };

let cloud: WorkerCloud;
let metadata: FakeMetadata;
let downloads: string;
let uv: MadeWheel;

beforeAll(async () => {
  downloads = await mkdtemp(path.join(tmpdir(), 'spotpool-wheels-'));
  [cloud, uv] = await Promise.all([WorkerCloud.start(), downloaded(current.path, ['uv']).then(onlyOne)]);
}, 5 * MINUTES);
afterAll(async () => {
  await cloud.close();
  await rm(downloads, { recursive: true });
});
beforeEach(async () => (metadata = await FakeMetadata.start('i-0test')));
afterEach(async () => {
  await cloud.endWorkers();
  await metadata.close();
});

/** Downloads wheels that fit an interpreter on this machine. */
async function downloaded(python: string, names: readonly string[]): Promise<readonly MadeWheel[]> {
  const folder = await mkdtemp(path.join(downloads, 'for-'));
  const options = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary', ':all:', '-d', folder];
  const { status, stderr } = spawnSync(python, [...options, ...names], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`pip failed: ${stderr}`);
  const files = (await readdir(folder)).sort();
  return Promise.all(
    files.map(async (file) => {
      const [name = '', version = ''] = file.split('-');
      return wheelFileOf(name, version, await readFile(path.join(folder, file)), file);
    }),
  );
}

function onlyOne([wheel]: readonly MadeWheel[]): MadeWheel {
  if (wheel === undefined) throw new Error('No wheel was downloaded.');
  return wheel;
}

interface Locked {
  readonly version: string;
  readonly wheels: readonly MadeWheel[];
  readonly changes?: Partial<PythonEnvironment>;
}

async function bundleFiles({ version, wheels, changes }: Locked): Promise<Record<string, string>> {
  for (const { wheel, body } of [uv, ...(changes?.source === 'index' ? [] : wheels)]) {
    await cloud.store.put(wheelKey(wheel.sha256, wheel.file), body, { signal });
  }
  const environment: PythonEnvironment = {
    version: 1,
    python: version,
    platform: `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-${process.platform === 'linux' ? 'manylinux_2_34' : 'apple-darwin'}`,
    source: 'bucket',
    installer: uv.wheel,
    wheels: wheels.map(({ wheel }) => wheel),
    ...changes,
  };
  return {
    [ENVIRONMENT_FILE]: encodeEnvironment(environment),
    [LOCK_FILE]: lockOf(environment.wheels),
  };
}

const outputs = async (job: string): Promise<readonly unknown[]> =>
  (await cloud.lines(outcomeKey(job, 0))).map((line) => (line as { readonly output?: unknown }).output);

const outcome = (job: string, worker: RunningWorker): Promise<readonly unknown[]> =>
  eventually(
    async () => {
      const found = await outputs(job);
      if (found.length > 0) return found;
      throw new Error(`There is no outcome yet. The worker said ${JSON.stringify(worker.events)}`);
    },
    { timeoutMs: 2 * MINUTES, what: 'an outcome' },
  );

const phaseOf = (worker: RunningWorker, phase: string) =>
  worker.events.find((event) => event.code === 'model-phase' && event.phase === phase);

describe('packages that the bundle locks', () => {
  it.each(tested)(
    'are installed from the bucket under Python $version while no index can be reached',
    async (python) => {
      const { version } = python;
      const wheels = await downloaded(python.path, ['numpy', 'msgpack']);
      const files = { 'model.py': MODEL, ...(await bundleFiles({ version, wheels })) };
      const job = `numpy-${version.replace('.', '-')}`;
      await cloud.submitFiles(job, { files, start: { kind: 'python', entry: 'model.py' } }, 1, 3, { slots: 1 });
      const worker = cloud.startWorker(metadata, { ...UNREACHABLE, SPOTPOOL_PYTHON: python.path });
      const [, second] = (await outcome(job, worker)) as Readonly<Record<string, string>>[];
      expect(second).toMatchObject({ double: 2, packed: 1, python: version });
      const { prefix = '', numpy, home, temporary } = second ?? {};
      expect(prefix).toMatch(/\/work-\d+\/spotpool-i-0test-\w+\/m\/\w{8}\/env$/);
      expect(numpy?.startsWith(prefix)).toBe(true);
      const place = path.dirname(prefix);
      expect([home, temporary]).toEqual([path.join(place, 'home'), path.join(place, 't')]);
      expect(worker.events.filter(({ code }) => code === 'trouble' || code === 'unable')).toEqual([]);
      const bytes = wheels.reduce((sum, { wheel }) => sum + wheel.bytes, 0);
      expect(phaseOf(worker, 'environment')).toMatchObject({ job, bytes });
      expect(phaseOf(worker, 'boot')).toMatchObject({ job });
    },
    5 * MINUTES,
  );

  const tiny = wheelOf('tiny', '1.0', { 'tiny.py': 'VALUE = "tiny"\n' });
  const command = { kind: 'command', argv: ['python3', 'model.py'] } as const;
  const variables = { ...UNREACHABLE, SPOTPOOL_PYTHON: current.path };

  it(
    'are what python3 of a command finds',
    async () => {
      const files = { 'model.py': COMMAND, ...(await bundleFiles({ version: current.version, wheels: [tiny] })) };
      await cloud.submitFiles('command', { files, start: command }, 1, 2, { slots: 1 });
      const worker = cloud.startWorker(metadata, variables);
      const [first] = await outcome('command', worker);
      expect(first).toEqual(['tiny', expect.stringMatching(/\/env$/)]);
    },
    2 * MINUTES,
  );

  it(
    'come from the index by the lock’s hashes, and an index that does not answer is waited for',
    async () => {
      let refusals = 6;
      const index = http.createServer((request, response) => {
        if (refusals-- > 0) return response.writeHead(503).end();
        const { file, sha256 } = tiny.wheel;
        if (request.url === `/files/${file}`) return response.end(tiny.body);
        if (request.url !== '/simple/tiny/') return response.writeHead(404).end();
        const page = `<!DOCTYPE html><html><body><a href="/files/${file}#sha256=${sha256}">${file}</a></body></html>`;
        return response.setHeader('content-type', 'text/html').end(page);
      });
      await new Promise<void>((resolve) => index.listen(0, '127.0.0.1', resolve));
      const indexes = [`http://127.0.0.1:${(index.address() as AddressInfo).port}/simple`];
      try {
        const changes = { source: 'index', indexes } as const;
        const locked = { version: current.version, wheels: [tiny], changes };
        await cloud.submitFiles(
          'index',
          { files: { 'model.py': COMMAND, ...(await bundleFiles(locked)) }, start: command },
          1,
          2,
        );
        const worker = cloud.startWorker(metadata, { SPOTPOOL_PYTHON: current.path });
        const [first] = await outcome('index', worker);
        expect(first).toEqual(['tiny', expect.stringMatching(/\/env$/)]);
        expect(worker.events.some((event) => event.code === 'trouble' && event.doing === 'installing packages')).toBe(
          true,
        );
        expect(worker.events.some(({ code }) => code === 'unable')).toBe(false);
      } finally {
        index.closeAllConnections();
        await new Promise((resolve) => index.close(resolve));
      }
    },
    3 * MINUTES,
  );

  it(
    'are refused with the words of uv when a wheel is broken',
    async () => {
      const broken = wheelFileOf('tiny', '1.0', tiny.body.subarray(0, 200), tiny.wheel.file);
      const files = { 'model.py': COMMAND, ...(await bundleFiles({ version: current.version, wheels: [broken] })) };
      await cloud.submitFiles('broken', { files, start: command }, 1, 2, { slots: 1 });
      const worker = cloud.startWorker(metadata, variables);
      const event = await eventually(() => worker.events.find(({ code }) => code === 'unable'));
      expect(event).toMatchObject({ phase: 'environment', message: expect.stringMatching(/ZIP|archive/) as string });
    },
    2 * MINUTES,
  );
});
