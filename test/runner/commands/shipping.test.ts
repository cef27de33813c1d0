import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { extract } from 'tar';
import { beforeEach, expect, it } from 'vitest';
import type { Manifest } from '../../../core/contract/job.js';
import { manifestKey, modelBundleKey } from '../../../core/contract/keys.js';
import { FakeStack } from '../../support/fake-stack.js';
import { tempDirectory } from '../model/files.js';

let stack: FakeStack;
beforeEach(async () => {
  stack = new FakeStack();
  stack.cwd = await tempDirectory({
    'data.txt': 'a\nb\n',
    '.gitignore': 'scores.onnx\nnotes/\n',
    'scores.onnx': 'weights',
    'notes/a.md': '',
    'large.json': '"123456789"',
    'index.mjs': 'export const predict = (items) => items;\n',
  });
});

const manifest = (): Manifest => JSON.parse(stack.store.text(manifestKey('j')) ?? '') as Manifest;

async function bundled(): Promise<readonly string[]> {
  const directory = await tempDirectory();
  const body = stack.store.objects.get(modelBundleKey(manifest().model.digest))?.body ?? '';
  await writeFile(path.join(directory, 'b.tgz'), body);
  const into = await tempDirectory();
  await extract({ file: path.join(directory, 'b.tgz'), cwd: into });
  return (await readdir(into)).sort();
}

it('submit prints the number and the largest of the shipped files, and those left out with the reason', async () => {
  expect(await stack.run('submit', 'data.txt', '--model', '.', '--id', 'j')).toBe(0);
  const text = stack.terminal.stdout;
  expect(text).toMatch(/The model \. is packed: 3 files, 7\d B \(.* compressed\); the largest: index\.mjs \(41 B\)/);
  expect(text).toContain(
    'Left out of the bundle, by reason: the dataset: data.txt (4 B); .gitignore: notes/, scores.onnx',
  );
  expect(text).toContain('If the model needs scores.onnx, ship it: --ship PATH, or a line "!PATH" in .spotpoolignore.');
  expect(await bundled()).toEqual(['.gitignore', 'index.mjs', 'large.json']);
});

it('submit --json warns of missing files on standard error', async () => {
  expect(await stack.run('submit', 'data.txt', '--model', '.', '--id', 'j', '--json')).toBe(0);
  expect(JSON.parse(stack.terminal.stdout)).toMatchObject({ job: 'j' });
  expect(stack.terminal.stderr).toContain('scores.onnx');
});

it('run ships neither its dataset nor its output, so the same command is the same job', async () => {
  const submit = ['submit', 'data.txt', '--model', '.', '--id', 'j', '--ship', 'scores.onnx'];
  expect(await stack.run(...submit)).toBe(0);
  await writeFile(path.join(stack.cwd, 'data.results.jsonl'), '{"index":0,"ok":true,"output":"a"}\n');
  expect(await stack.run(...submit)).toBe(0);
  expect(stack.terminal.stdout).toContain('Continued job j');
  expect(await bundled()).toContain('scores.onnx');
  await writeFile(path.join(stack.cwd, 'out.csv'), 'earlier');
  await stack.run('run', 'data.txt', '--model', '.', '--id', 'other', '--out', 'out.csv', '--force');
  expect(stack.terminal.stdout).toContain('the results of this job: out.csv');
});

it('submit refuses files that look like secrets before anything is written, unless --ship names them', async () => {
  await writeFile(path.join(stack.cwd, '.env'), 'TOKEN=1');
  expect(await stack.run('submit', 'data.txt', '--model', '.', '--id', 'j')).toBe(2);
  expect(stack.terminal.stderr).toContain('.env (environment variables)');
  expect(stack.store.writes).toEqual([]);
  expect(await stack.run('submit', 'data.txt', '--model', '.', '--id', 'j', '--ship', '.env')).toBe(0);
  expect(await bundled()).toContain('.env');
});

it('submit continues a job whose bundle another machine packed into other bytes', async () => {
  const submit = ['submit', 'data.txt', '--model', '.', '--id', 'j'];
  expect(await stack.run(...submit)).toBe(0);
  const { model, ...rest } = manifest();
  const key = manifestKey('j');
  const store = async (change: Partial<Manifest['model']>): Promise<unknown> =>
    stack.store.put(key, JSON.stringify({ ...rest, model: { ...model, ...change } }), {
      signal: new AbortController().signal,
    });
  await store({ digest: 'ofanotherzlib' });
  expect(await stack.run(...submit)).toBe(0);
  await store({ digest: 'ofanotherzlib', contents: 'ofotherfiles' });
  expect(await stack.run(...submit)).toBe(2);
  expect(stack.terminal.stderr).toContain("the model's files differ");
});
