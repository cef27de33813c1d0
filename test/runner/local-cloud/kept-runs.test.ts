/** Jobs of `run --local` that are kept: their notes, `spotpool local status` and `spotpool local rm`. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXIT } from '../../../runner/cli/exit-codes.js';
import { runCommandLine } from '../../../runner/cli/program.js';
import {
  beginRun,
  dataOf,
  digestOfWords,
  isAtWork,
  type KeptRun,
  listKeptRuns,
  upDataDirectory,
} from '../../../runner/local-cloud/kept-runs.js';
import { FakeStack } from '../../support/fake-stack.js';

let home: string;
let env: NodeJS.ProcessEnv;
let stack: FakeStack;
const NOW_MS = Date.parse('2026-01-01T00:00:00.000Z');
beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'spotpool-kept-'));
  env = { SPOTPOOL_HOME: home };
  stack = new FakeStack();
});
afterEach(() => rm(home, { recursive: true }));

const local = (...words: string[]): Promise<number> => runCommandLine(['local', ...words], { ...stack.context(), env });

const request = { digest: digestOfWords(['a.csv']), dataset: 'a.csv', model: 'model.py' };

/** A job whose command was killed. */
async function keep(job: string, nowMs = NOW_MS, bytes = 1_000): Promise<KeptRun> {
  const run = await beginRun(env, request, { job, nowMs });
  await mkdir(dataOf(run));
  await writeFile(path.join(dataOf(run), 'file'), Buffer.alloc(bytes));
  const file = path.join(run.directory, 'run.json');
  await writeFile(file, (await readFile(file, 'utf8')).replace(/"pid": \d+/, '"pid": 999999999'));
  return run;
}

describe('kept jobs', () => {
  it('are listed with the newest first, and a damaged note hides no other', async () => {
    await keep('older', NOW_MS);
    await keep('newer', NOW_MS + 1_000);
    const damaged = await keep('damaged', NOW_MS + 2_000);
    await writeFile(path.join(damaged.directory, 'run.json'), '{"job":');
    expect((await listKeptRuns(env)).map(({ note }) => note?.job)).toEqual(['newer', 'older', undefined]);
  });

  it('are at work while their command runs, but not after the next boot, whatever process has its id then', async () => {
    const run = await beginRun(env, request, { job: 'mine', nowMs: NOW_MS });
    expect(isAtWork(run, NOW_MS)).toBe(true);
    expect(isAtWork(run, NOW_MS + 3_600_000)).toBe(false);
    const [found] = await listKeptRuns(env);
    expect(found?.note).toEqual(run.note);
  });

  it('hold no secret of the command line', async () => {
    const run = await beginRun(
      env,
      { ...request, digest: digestOfWords({ env: { KEY: 'hush' } }) },
      { job: 'j', nowMs: 1 },
    );
    expect(await readFile(path.join(run.directory, 'run.json'), 'utf8')).not.toContain('hush');
  });
});

describe('spotpool local', () => {
  it('status lists what is kept, in text and as JSON', async () => {
    await keep('mine', NOW_MS - 60_000, 5_000);
    expect(await local('status')).toBe(EXIT.ok);
    expect(stack.terminal.stdout).toMatch(
      /^ {2}job mine: model\.py over a\.csv, begun 1 m 00 s ago, 5\.\d KB, not finished$/m,
    );
    expect(stack.terminal.stdout).toMatch(/^To remove what is kept and not in use: spotpool local rm all$/m);
    stack = new FakeStack();
    await local('status', '--json');
    expect(JSON.parse(stack.terminal.stdout)).toMatchObject({
      up: false,
      kept: { jobs: [{ job: 'mine', dataset: 'a.csv', model: 'model.py', atWork: false }] },
    });
  });

  it('rm removes what is named, and asks first', async () => {
    await keep('one');
    await keep('two');
    stack.answer = false;
    expect(await local('rm', 'one')).toBe(EXIT.failed);
    expect(await listKeptRuns(env)).toHaveLength(2);
    stack.answer = true;
    expect(await local('rm', 'one')).toBe(EXIT.ok);
    expect(stack.terminal.stdout).toMatch(/^Removed: 1 job, 1\.\d KB\.$/m);
    expect((await listKeptRuns(env)).map(({ note }) => note?.job)).toEqual(['two']);
  });

  it('rm all removes jobs and the buckets of local up, and leaves what is in use', async () => {
    await keep('one');
    await beginRun(env, request, { job: 'at-work', nowMs: stack.nowMs });
    await mkdir(upDataDirectory(env), { recursive: true });
    await writeFile(path.join(upDataDirectory(env), 'file'), 'x');
    expect(await local('rm', 'all', '--yes')).toBe(EXIT.ok);
    expect((await listKeptRuns(env)).map(({ note }) => note?.job)).toEqual(['at-work']);
    expect(await readdir(path.join(home, 'kept'))).toEqual(['runs']);
  });

  it.each([
    [['nothing'], /Nothing is kept of a job nothing\. "spotpool local status" lists what is kept\./],
    [['at-work'], /Job at-work is in use\. Stop its command first/],
    [['one'], /There is no terminal for the question whether to go on\. Add --yes to remove it\./],
  ])('rm %j is refused with exit code 2 and a sentence', async (words, message) => {
    await keep('one');
    await beginRun(env, request, { job: 'at-work', nowMs: stack.nowMs });
    expect(await local('rm', ...words)).toBe(EXIT.misuse);
    expect(stack.terminal.stderr).toMatch(message);
    expect(await listKeptRuns(env)).toHaveLength(2);
  });
});
