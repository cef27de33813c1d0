import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Interrupted } from '../../../runner/cli/interrupts.js';
import { runCommandLine } from '../../../runner/cli/program.js';
import { systemClock } from '../../../runner/wiring/clock.js';
import { eventually } from '../../support/eventually.js';
import { FakeStack } from '../../support/fake-stack.js';
import { manifestOf } from '../../support/manifest.js';

let directory: string;
let stack: FakeStack;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-report-'));
  stack = new FakeStack();
  stack.cwd = directory;
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function plantDoneJob(): Promise<void> {
  await stack.plantJob('herg', 2);
  await stack.commit('herg', 0);
  await stack.commit('herg', 1, 1);
  stack.undone.clear();
}

describe('spotpool report', () => {
  it('writes one HTML file named after the job, and says how to open it', async () => {
    await plantDoneJob();
    expect(await stack.run('report', 'herg')).toBe(0);
    expect(stack.terminal.stdout).toMatch(/^Wrote herg\.html \(\d+ KB\)\. Open it in a browser\.\n$/);
    const html = await readFile(path.join(directory, 'herg.html'), 'utf8');
    expect(html.startsWith('<!doctype html>')).toBe(true);
    expect(html.includes('"items":{"total":4,"ok":3,"failed":1}')).toBe(true);
    expect(await readdir(directory)).toEqual(['herg.html']);
  });

  it('has the names of environment variables, and not their values, which may be secrets', async () => {
    const { options } = manifestOf('herg');
    await stack.plantJob('herg', 1, { options: { ...options, env: { TOKEN: 'hush-hush' } } });
    expect(await stack.run('report', 'herg')).toBe(0);
    const html = await readFile(path.join(directory, 'herg.html'), 'utf8');
    expect([html.includes('"TOKEN"'), html.includes('hush-hush')]).toEqual([true, false]);
  });

  it('prints the path as JSON for programs', async () => {
    await plantDoneJob();
    expect(await stack.run('report', 'herg', '--out', 'reports/a.html', '--json')).toBe(0);
    expect(JSON.parse(stack.terminal.stdout)).toMatchObject({ job: 'herg', file: 'reports/a.html' });
    expect(await readdir(path.join(directory, 'reports'))).toEqual(['a.html']);
  });

  it('never replaces a file unasked (R15)', async () => {
    await plantDoneJob();
    await writeFile(path.join(directory, 'herg.html'), 'mine');
    expect(await stack.run('report', 'herg')).toBe(2);
    expect(stack.terminal.stderr).toContain(
      'exists already. Name another file with --out, or replace it with --force.',
    );
    expect(await readFile(path.join(directory, 'herg.html'), 'utf8')).toBe('mine');
    expect(await stack.run('report', 'herg', '--force')).toBe(0);
  });

  it('refuses a job that does not exist, and writes nothing', async () => {
    expect(await stack.run('report', 'nothing')).toBe(2);
    expect(stack.terminal.stderr).toContain('There is no job nothing in this stack.');
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('spotpool run --report', () => {
  const run = (): Promise<number> =>
    stack.run('run', 'data.txt', '--model', 'model.mjs', '--batch-size', '2', '--report', 'herg.html');
  beforeEach(async () => {
    await writeFile(path.join(directory, 'data.txt'), 'a\nb\nc\nd\ne\n');
    await writeFile(path.join(directory, 'model.mjs'), 'export const predict = (items) => items;\n');
  });

  it('writes the report when the job has ended', async () => {
    expect(await run()).toBe(0);
    expect(stack.terminal.stdout).toContain('Wrote the report to herg.html. Open it in a browser.');
    const html = await readFile(path.join(directory, 'herg.html'), 'utf8');
    expect(html.includes('"state":"complete"')).toBe(true);
  });

  it('refuses to replace a file before anything is submitted (R15)', async () => {
    await writeFile(path.join(directory, 'herg.html'), 'mine');
    expect(await run()).toBe(2);
    expect(stack.terminal.stderr).toContain('Name another file with --report, or replace it with --force.');
    expect(stack.undone.size).toBe(0);
  });

  it('keeps the results and a file that has appeared meanwhile, and fails', async () => {
    stack.onTick = () => writeFile(path.join(directory, 'herg.html'), 'mine');
    expect(await run()).toBe(1);
    expect(stack.terminal.stdout).toMatch(/The report was not written: .*herg\.html exists already/);
    expect(await readFile(path.join(directory, 'herg.html'), 'utf8')).toBe('mine');
    expect((await readFile(path.join(directory, 'data.results.jsonl'), 'utf8')).split('\n').length).toBe(6);
  });
});

describe('spotpool watch --web', () => {
  const addressIn = (): string | undefined =>
    /http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\//.exec(stack.terminal.stdout)?.[0];

  it('serves the page of the job while it is followed, and nothing afterwards', async () => {
    await stack.plantJob('herg', 3);
    let seen = '';
    stack.onTick = async () => {
      const address = addressIn();
      if (seen === '' && address !== undefined) seen = await (await fetch(address)).text();
    };
    expect(await stack.run('watch', 'herg', '--web')).toBe(0);
    expect(seen).toContain('<title>herg</title>');
    await expect(fetch(addressIn() ?? '')).rejects.toThrow();
  });

  it('lists all jobs without a job, until it is interrupted', async () => {
    await plantDoneJob();
    // The page is read again and again, and the stack's own clock does not wait.
    const ended = runCommandLine(['watch', '--web', '--json'], { ...stack.context(), clock: systemClock });
    const address = await eventually(addressIn);
    const { body } = await fetch(`${address}events`);
    let seen = '';
    for await (const chunk of body ?? []) {
      seen += new TextDecoder().decode(chunk as Uint8Array);
      if (seen.includes('\n\n')) break;
    }
    expect(seen).toContain('"job":"herg"');
    stack.interrupt.abort(new Interrupted(130, 'SIGINT'));
    expect(await ended).toBe(130);
    const [up, error] = stack.terminal.stdout.trimEnd().split('\n');
    expect(JSON.parse(up ?? '')).toMatchObject({ event: 'page-up', address });
    expect(JSON.parse(error ?? '')).toMatchObject({ error: { kind: 'interrupted', exitCode: 130 } });
  });

  it('refuses to serve a job that does not exist', async () => {
    expect(await stack.run('watch', 'nothing', '--web')).toBe(2);
    expect(addressIn()).toBeUndefined();
  });

  it('asks for a job when there is no page to list them', async () => {
    expect(await stack.run('watch')).toBe(2);
    expect(stack.terminal.stderr).toContain('Name the job to watch');
  });
});
