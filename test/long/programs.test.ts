/** Programs use the API on a local cloud: real processes, real workers. A script that awaits everything ends by itself. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../support/cli.js';
import { Lab } from '../support/lab.js';

const execute = promisify(execFile);

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.start({ maxWorkers: 2 });
});
afterAll(() => lab.close());

const script = path.join(projectRoot, 'examples/node-script/job.mjs');

/** Runs a script in the lab's folder, as a program of a user that has the package. */
const node = (...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  execute(process.execPath, [...args], {
    cwd: lab.directory,
    env: { PATH: process.env['PATH'], HOME: lab.directory, SPOTPOOL_HOME: path.join(lab.directory, 'state') },
  });

/** It stands in the package's own folder, where the package is found by its name. */
const inline = (source: string): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  execute(process.execPath, ['--input-type=module', '-e', source], {
    cwd: projectRoot,
    env: { PATH: process.env['PATH'], HOME: lab.directory, SPOTPOOL_HOME: path.join(lab.directory, 'state') },
  });

describe('a program', () => {
  it('submits items, follows the job, reads results and record, and ends by itself', async () => {
    const { stdout, stderr } = await node(script, lab.stackFile);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^Submitted 100 items as job \S+\.\n/);
    expect(stdout).toContain('The job is complete: 100 squares have an area of 338350.\n');
  });

  it('gets an error that it can tell apart when no local cloud is up', async () => {
    await expect(node(script)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^stack-not-found: No local cloud is up/) as string,
    });
  });

  it('imports the package without any effect on its process', async () => {
    const { stdout, stderr } = await inline(`
      import { EventEmitter } from 'node:events';
      const before = [process.eventNames().length, EventEmitter.defaultMaxListeners, JSON.stringify(process.env)];
      await import('spotpool');
      const after = [process.eventNames().length, EventEmitter.defaultMaxListeners, JSON.stringify(process.env)];
      console.log(JSON.stringify(before) === JSON.stringify(after));
    `);
    expect(stderr).toBe('');
    expect(stdout).toBe('true\n');
  });

  it('reads many outcomes at once under one signal, and Node warns of nothing', async () => {
    await writeFile(path.join(lab.directory, 'many.jsonl'), Array.from({ length: 400 }, (_, n) => `${n}\n`).join(''));
    await lab.file('echo.mjs', 'export const predict = (items) => items;\n');
    const run = await lab.cli(['run', 'many.jsonl', '--model', 'echo.mjs', '--id', 'many', '--batch-size', '5']);
    expect(run.code).toBe(0);
    const { stdout, stderr } = await inline(`
      import { openStack, results } from 'spotpool';
      const stack = await openStack({ stack: ${JSON.stringify(lab.stackFile)} });
      const stop = new AbortController();
      let sum = 0;
      for await (const { output } of results(stack, 'many', { withInput: true, signal: stop.signal })) sum += output;
      console.log(sum);
    `);
    expect(stderr).toBe('');
    expect(stdout).toBe('79800\n');
  });
});
