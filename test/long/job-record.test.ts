/** The record of a real job on the local cloud: what `run` has printed, and what the published schema says. */
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { JobRecord } from '../../core/record/job-record.js';
import { faultsOf } from '../support/record-schema.js';
import { Lab } from '../support/lab.js';

let lab: Lab;
beforeEach(async () => {
  lab = await Lab.start({ maxWorkers: 2 });
});
afterEach(() => lab.close());

const MODEL = `
class Odd extends Error { code = 'Odd'; }
export const predict = (items) =>
  items.map((item) => (item % 10 === 3 ? new Odd(item + ' ends with three') : item * 2));
`;

it('says what the job was, and agrees with the summary of the run', async () => {
  const model = await lab.file('model.mjs', MODEL);
  const dataset = await lab.file('items.jsonl', Array.from({ length: 60 }, (_, index) => `${index}\n`).join(''));
  const out = 'out.jsonl';
  const run = ['run', dataset, '--model', model, '--batch-size', '5', '--id', 'mine', '--out', out, '--json'];
  const ran = await lab.cli([...run, '--env', 'TOKEN=secret', '--max-failed', '50%']);
  expect(ran.code, ran.stderr).toBe(0);
  const summary = ran.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly event?: string })
    .find(({ event }) => event === 'summary') as unknown as {
    readonly instances: number;
    readonly instanceSeconds: number;
    readonly items: object;
  };

  const shown = await lab.cli(['show', 'mine', '--json']);
  expect(shown.code, shown.stderr).toBe(0);
  const record = JSON.parse(shown.stdout) as JobRecord;
  expect(faultsOf(record)).toEqual([]);
  expect(record.gaps).toEqual([]);
  expect(record.outcomes.items).toEqual({ total: 60, ok: 54, failed: 6 });
  expect(record.outcomes.items).toEqual(summary.items);
  expect(record.outcomes.errors).toMatchObject([{ code: 'Odd', count: 6, example: { index: 3 } }]);
  expect(record.pool.instances).toHaveLength(summary.instances);
  expect(record.pool.instances.every(({ end, endedAt }) => end === 'ticket' && endedAt !== undefined)).toBe(true);
  expect(record.pool.instances.reduce((sum, { items }) => sum + items, 0)).toBe(60);
  expect(record.pool.fleet.length).toBeGreaterThan(0);
  expect(record.pace.done.at(-1)?.items).toBe(60);
  expect(record.pace.item?.count).toBe(60);
  expect(Math.abs(record.cost.instanceSeconds - summary.instanceSeconds)).toBeLessThan(1);
  expect(record.cost.spotDollars).toBeGreaterThan(0);
  expect(shown.stdout).not.toContain('secret');

  const meta = JSON.parse(await readFile(`${lab.directory}/${out}.meta.json`, 'utf8')) as {
    readonly provenance: { readonly model: object; readonly dataset: object };
  };
  expect(meta.provenance.dataset).toMatchObject({ digest: record.what.dataset.digest, items: 60 });
  expect(meta.provenance.model).toMatchObject({ digest: record.what.model.digest });
  expect(JSON.stringify(meta)).not.toContain('secret');

  const people = await lab.cli(['show', 'mine']);
  expect(people.stdout).toContain('54 ok, 6 failed');
});
