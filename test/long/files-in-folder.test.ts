import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesPrefix } from '../../core/contract/keys.js';
import type { LoggedRequest } from '../../local/api.js';
import { cliEntry } from '../support/cli.js';
import { eventually } from '../support/eventually.js';
import { Lab } from '../support/lab.js';

const { signal } = new AbortController();
/** Names that a shell, a URL, JSON or a terminal may damage. The last two look the same. */
const NAMES = [
  'plain.txt',
  'with space.txt',
  'a+b%20c%.txt',
  'line\nbreak.txt',
  `quotes "'\`$(x).txt`,
  'back\\slash.txt',
  '\u{1f600}/\u{1f601}.png',
  'caf\u00e9.txt',
  'cafe\u0301.txt',
];
/** Larger than a file that is uploaded as a whole. */
const LARGE = Buffer.alloc(20_000_000, 'large');
const WAIT_MS = 120_000;

const digestOf = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

describe('a folder of files on the local cloud', () => {
  let lab: Lab;
  let folder: string;
  let model: string;
  beforeAll(async () => {
    lab = await Lab.start({ maxWorkers: 1, cloud: ['--request-log', '20000'] });
    folder = path.join(lab.directory, 'photos');
    for (const name of NAMES) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), `contents of ${name}`);
    }
    await writeFile(path.join(folder, 'zz-empty.bin'), '');
    await writeFile(path.join(folder, 'zz-large.BIN'), LARGE);
    model = await lab.file(
      'model.mjs',
      `import { createHash } from 'node:crypto';
       import { readFile } from 'node:fs/promises';
       import { extname } from 'node:path';
       export const predict = (items) => items.map(async ({ name, key, path }) =>
         ({ name, key, ending: extname(path), digest: createHash('sha256').update(await readFile(path)).digest('hex') }));`,
    );
  });
  afterAll(() => lab.close());

  const putsOfFiles = async (): Promise<number> =>
    ((await lab.admin('GET', 'requests')) as { readonly requests: readonly LoggedRequest[] }).requests.filter(
      ({ action, parameters }) =>
        /^(PutObject|CompleteMultipartUpload)$/.test(action) && parameters['Key']?.startsWith(filesPrefix),
    ).length;

  it('reaches a model with every name and byte as it is, and is uploaded once', async () => {
    const expected = [...NAMES, 'zz-empty.bin', 'zz-large.BIN']
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .map((name, index) => {
        const contents = name === 'zz-large.BIN' ? LARGE : name === 'zz-empty.bin' ? '' : `contents of ${name}`;
        const digest = digestOf(contents);
        return { index, ok: true, output: { name, key: `files/${digest}`, ending: path.extname(name), digest } };
      });
    const first = await lab.submit([folder, '--model', model, '--id', 'first']);
    expect(await putsOfFiles()).toBe(expected.length);
    const second = await lab.submit([folder, '--model', model, '--id', 'second']);
    expect(await putsOfFiles()).toBe(expected.length);
    await lab.setTarget(1);
    for (const job of [first, second]) {
      const isDone = async (): Promise<boolean> => {
        const { batches } = await lab.status(job);
        return batches.done === batches.total;
      };
      await eventually(isDone, { what: job, timeoutMs: WAIT_MS });
      expect(await lab.results(job)).toEqual(expected);
    }
  });

  it('goes on after its submit was killed, and uploads no file twice', async () => {
    const many = path.join(lab.directory, 'many');
    await mkdir(many);
    for (let n = 0; n < 400; n += 1) await writeFile(path.join(many, `${n}.txt`), `number ${n}`);
    const before = await putsOfFiles();
    const args = [many, '--model', model, '--id', 'killed'];
    const killed = lab.startCli(['submit', ...args]);
    await eventually(async () => (await putsOfFiles()) - before >= 100, {
      what: '100 uploads',
      timeoutMs: WAIT_MS,
      everyMs: 20,
    });
    killed.child.kill('SIGKILL');
    await killed.exited;
    const sent = (await putsOfFiles()) - before;
    await lab.submit(args);
    const objects = new Set<string>();
    for await (const { key } of lab.store.list(filesPrefix, { signal })) objects.add(key);
    for (let n = 0; n < 400; n += 1) expect(objects).toContain(`files/${digestOf(`number ${n}`)}`);
    expect((await putsOfFiles()) - before).toBe(400);
    expect(sent).toBeLessThanOrEqual(400);
  });

  it('is refused with exit code 2 when a folder in it cannot be read', async () => {
    // Root reads every folder, so the command runs as another user.
    const place = await realpath(await mkdtemp(path.join(os.tmpdir(), 'spotpool-unreadable-')));
    try {
      await mkdir(path.join(place, 'photos/closed'), { recursive: true });
      await writeFile(path.join(place, 'model.mjs'), 'export const predict = (items) => items;');
      await writeFile(path.join(place, 'photos/a.txt'), 'a');
      await chmod(place, 0o755);
      await chmod(path.join(place, 'photos/closed'), 0o000);
      const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
      const { code, stderr } = await new Promise<{ readonly code: unknown; readonly stderr: string }>((resolve) => {
        const env = { ...process.env, HOME: place, SPOTPOOL_HOME: place };
        execFile(
          process.execPath,
          [cliEntry, 'try', 'photos', '--model', 'model.mjs'],
          { cwd: place, env, ...user },
          (error, _out, text) => resolve({ code: error?.code ?? 0, stderr: text }),
        );
      });
      expect(stderr).toContain('Cannot read photos/closed: EACCES: permission denied');
      expect(code).toBe(2);
    } finally {
      await chmod(path.join(place, 'photos/closed'), 0o755);
      await rm(place, { recursive: true });
    }
  });
});
