import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../support/cli.js';
import { installPacked } from '../support/packed.js';

const execute = promisify(execFile);

/** Warnings of npm about its own configuration do not count. */
const ownLines = (stderr: string): readonly string[] =>
  stderr.split('\n').filter((line) => line.trim() !== '' && !/^npm (warn|notice)/i.test(line));

describe('the package, installed into an empty project', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-package-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('runs a job locally, has types for model authors, and prints no warning', async () => {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? directory,
      SPOTPOOL_HOME: path.join(directory, 'state'),
    };
    await installPacked(directory, env);

    await writeFile(path.join(directory, 'items.jsonl'), '1\n2\n3\n');
    await writeFile(
      path.join(directory, 'triple.ts'),
      "import type { Model } from 'spotpool';\nconst model: Model<number, number> = { predict: async (items) => items.map((item) => item * 3) };\nexport default model;\n",
    );
    const run = await execute(
      'npx',
      ['spotpool', 'run', 'items.jsonl', '--model', 'triple.ts', '--local', '--max-workers', '1'],
      { cwd: directory, env },
    );
    expect(ownLines(run.stderr)).toEqual([]);
    expect(run.stdout).not.toMatch(/warn/i);
    expect(
      (await readFile(path.join(directory, 'items.results.jsonl'), 'utf8'))
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { output: number }).output),
    ).toEqual([3, 6, 9]);

    const suite =
      "import { startLocalCloud } from 'spotpool/local';\nconst cloud = await startLocalCloud({ seed: 1 });\n";
    await writeFile(
      path.join(directory, 'suite.ts'),
      `${suite}const endpoint: string = cloud.endpoint;\nvoid endpoint;\n`,
    );
    await writeFile(path.join(directory, 'suite.js'), `${suite}await cloud.close();\nconsole.log('closed');\n`);
    expect((await execute(process.execPath, ['suite.js'], { cwd: directory, env })).stdout).toBe('closed\n');

    await writeFile(
      path.join(directory, 'program.mts'),
      [
        "import { follow, openStack, record, results, SpotpoolError, submit, type Model } from 'spotpool';",
        'const model: Model<{ n: number }, { twice: number }> = { predict: (items) => items.map(({ n }) => ({ twice: 2 * n })) };',
        'const stack = await openStack({ local: true });',
        "const { job, controlled } = await submit(stack, { items: [{ n: 1 }], model: 'triple.ts', maxFailed: '5%' });",
        'const isControlled: boolean = controlled;',
        "for await (const event of follow(stack, job)) if (event.event === 'progress') void (event.items.ok satisfies number);",
        'for await (const line of results<{ twice: number }>(stack, job)) {',
        '  if (line.ok) void (line.output.twice satisfies number);',
        '  else void (line.error.code satisfies string);',
        '}',
        "const isOver = (await record(stack, job)).how.state === 'complete';",
        '// @ts-expect-error: an option that does not exist',
        "await submit(stack, { items: [], model: 'triple.ts', slot: 3 });",
        '// @ts-expect-error: a dataset beside the items',
        "await submit(stack, { items: [], dataset: 'items.jsonl', model: 'triple.ts' });",
        'export { isControlled, isOver, model, SpotpoolError };',
      ].join('\n'),
    );
    const compilers = [
      ['--module', 'nodenext'],
      ['--module', 'esnext', '--moduleResolution', 'bundler', '--target', 'es2022'],
    ];
    const typescript = path.join(projectRoot, 'node_modules/typescript/bin/tsc');
    for (const options of compilers) {
      // No types of Node are there: a model's author, or a consumer of the API, may have none.
      const files = ['triple.ts', 'program.mts'];
      const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false'];
      await execute(process.execPath, [typescript, ...strict, ...options, ...files], { cwd: directory });
    }
    const nodeTypes = ['--types', 'node', '--typeRoots', path.join(projectRoot, 'node_modules/@types')];
    await execute(
      process.execPath,
      [typescript, '--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext', ...nodeTypes, 'suite.ts'],
      { cwd: directory },
    );
  });
});
