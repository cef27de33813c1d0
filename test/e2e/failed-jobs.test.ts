import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { jsonLines, runCli } from '../support/cli.js';
import { modelPath } from './models.js';

const ITEMS = 400;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-failed-'));
  await writeFile(path.join(directory, 'items.jsonl'), '1\n'.repeat(ITEMS));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it(
  'R10: a model that fails every item ends its job after a sample from all over the dataset, with the model’s error and exit code 3',
  { timeout: 120_000 },
  async () => {
    const options = ['--local', '--batch-size', '1', '--max-workers', '2', '--seed', '1', '--json'];
    const run = await runCli(['run', 'items.jsonl', '--model', modelPath('wrong'), ...options], {
      cwd: directory,
      env: { TMPDIR: directory },
    });
    expect(run.code, run.stderr).toBe(3);
    const events = jsonLines(run.stdout);
    const status = events.at(-1) as { readonly batches: { readonly done: number } };
    expect(status).toMatchObject({ state: 'failed', items: { total: ITEMS, ok: 0 }, fleet: { target: 0, running: 0 } });
    expect(status.batches.done).toBeLessThan(ITEMS / 2);
    expect(events.find(({ event }) => event === 'summary')?.['reason']).toMatch(
      /^Not one item is ok: [\s\S]*The commonest error is [\s\S]*there is no field 'smiles'/,
    );
    const results = (await readFile(path.join(directory, 'items.results.jsonl'), 'utf8')).trimEnd().split('\n');
    const indexes = results.map((line) => (JSON.parse(line) as { readonly index: number }).index);
    expect(Math.max(...indexes)).toBeGreaterThan(ITEMS * 0.75);
    expect(new Set(indexes.map((index) => Math.floor((index / ITEMS) * 4))).size).toBe(4);
  },
);
