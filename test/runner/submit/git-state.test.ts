import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GitState } from '../../../core/contract/job.js';
import { readGit } from '../../../runner/submit/git-state.js';

const { signal } = new AbortController();
let folder: string;

const env = (): Readonly<Record<string, string | undefined>> => ({ PATH: process.env['PATH'], HOME: folder });
const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
    cwd: folder,
    env: env(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
const stateOf = (argument: string, files?: readonly string[]): Promise<GitState | undefined> =>
  readGit({ argument, cwd: folder, searchPath: '', ...(files === undefined ? {} : { files }) }, env(), signal);

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'spotpool-git-'));
  await writeFile(path.join(folder, 'model.py'), 'def predict(items): return items\n');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('the commit of a model', () => {
  it('is that of its repository, which is clean or has changes', async () => {
    await mkdir(path.join(folder, 'model'));
    await writeFile(path.join(folder, 'model', 'index.mjs'), 'export const predict = (items) => items;\n');
    git('init', '--quiet');
    expect(await stateOf('model.py')).toBeUndefined(); // there is no commit yet
    git('add', '.');
    git('commit', '--quiet', '-m', 'first');
    const commit = git('rev-parse', 'HEAD');
    expect(await stateOf('model.py')).toEqual({ commit, clean: true });
    expect(await stateOf('./model.py:Scorer')).toEqual({ commit, clean: true });
    expect(await stateOf('model')).toEqual({ commit, clean: true });
    expect(await stateOf('node index.mjs', ['model'])).toEqual({ commit, clean: true });
    await writeFile(path.join(folder, 'new.txt'), 'new');
    expect(await stateOf('model')).toEqual({ commit, clean: false });
  });

  it('is unknown outside a repository, without Git, and for a command that ships no files', async () => {
    expect(await stateOf('model.py')).toBeUndefined();
    expect(await stateOf('jq -c .name')).toBeUndefined();
    const model = { argument: 'model.py', cwd: folder, searchPath: '' };
    expect(await readGit(model, { PATH: '/nonexistent' }, signal)).toBeUndefined();
  });

  it('starts no program that the repository names', async () => {
    git('init', '--quiet');
    git('add', 'model.py');
    git('commit', '--quiet', '-m', 'first');
    const hook = path.join(folder, 'hook.sh');
    await writeFile(hook, `#!/bin/sh\ntouch ${path.join(folder, 'ran')}\n`, { mode: 0o755 });
    git('config', 'core.fsmonitor', hook);
    expect(await stateOf('model.py')).toMatchObject({ clean: false });
    await expect(rm(path.join(folder, 'ran'))).rejects.toThrow('ENOENT');
  });
});
