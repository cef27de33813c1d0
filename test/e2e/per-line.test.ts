import { afterEach, beforeEach, expect, it } from 'vitest';
import { Lab } from '../support/lab.js';

let lab: Lab;
beforeEach(async () => {
  lab = await Lab.start({ maxWorkers: 1 });
});
afterEach(() => lab.close());

it('a filter is run over the lines of a text file with --per-line, and gives values and texts', async () => {
  const dataset = await lab.file('lines.txt', '{"text":"hello"}\nno JSON\n');
  const model = `sed -E 's/"text":"(.*)"/"was":"\\1"/'`;
  const run = await lab.cli(['run', dataset, '--model', model, '--per-line', '--id', 'lines']);
  expect(run.code, run.stderr).toBe(0);
  expect(await lab.results('lines')).toEqual([
    { index: 0, ok: true, output: { was: 'hello' } },
    { index: 1, ok: true, output: 'no JSON' },
  ]);
});
