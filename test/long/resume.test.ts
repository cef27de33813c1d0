/** `spotpool resume` with the real CLI and real workers: an ended job goes on, and computes what has no outcome. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outcomeKey } from '../../core/contract/keys.js';
import { eventually } from '../support/eventually.js';
import { Gate } from '../support/gate.js';
import { Lab } from '../support/lab.js';
import { ONE_BY_ONE } from '../support/stack-lab.js';
import { modelPath } from '../e2e/models.js';

const ITEMS = 12;
const never = { signal: new AbortController().signal };
/**
 * In this model every third item fails, so that a job passes its limit of failed items again after each resume. The last batches wait
 * until the file `$GATE/open` is there: a fast worker would otherwise compute them all before a controller has seen the failed items.
 */
const THIRD_FAILS = `
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
let computed = 0;
export async function predict(items) {
  while (computed >= ${ITEMS} && !existsSync(process.env.GATE + '/open')) await setTimeout(20);
  computed += items.length;
  return items.map((item) => (item % 3 === 0 ? new Error('a third') : item * 2));
}
`;
const numbers = Array.from({ length: ITEMS }, (_, index) => `${index}\n`).join('');

describe('a job that is resumed', () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.start({ maxWorkers: 2 });
  });
  afterEach(() => lab.close());

  it('was cancelled: the batches that were done are not computed again, and the job comes to its end', async () => {
    const gate = await Gate.make(lab.directory, 'gate');
    const dataset = await lab.file('items.jsonl', numbers);
    const submit = [dataset, '--model', modelPath('gated'), '--env', gate.env, '--batch-size', '1', '--id', 'j'];
    await lab.submit(submit);
    const watched = lab.startCli(['watch', 'j']);
    const [first = ''] = await gate.waitForStarted(2);
    const done = Number(first.split('-')[1]);
    await gate.open(done);
    await eventually(() => lab.store.head(outcomeKey('j', done), never), { what: 'the first outcome' });

    const cancel = await lab.cli(['cancel', 'j']);
    expect(cancel.code, cancel.stderr).toBe(0);
    expect(cancel.stdout).toContain('spotpool resume j');
    expect((await watched.exited).code, watched.stderr).toBe(1);
    const again = await lab.cli(['submit', ...submit, ...ONE_BY_ONE]);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('To compute the batches that are left: spotpool resume j');

    const resume = await lab.cli(['resume', 'j', '--max-workers', '1', '--json']);
    expect(resume.code, resume.stderr).toBe(0);
    expect(JSON.parse(resume.stdout)).toEqual({
      job: 'j',
      sent: ITEMS - 1,
      options: { maxWorkers: 1 },
      batches: { done: 1, failed: 0 },
      controlled: false,
    });
    expect((await lab.cli(['resume', 'j'])).code).toBe(1);
    await gate.open();
    const follow = await lab.cli(['watch', 'j']);
    expect(follow.code, follow.stdout + follow.stderr).toBe(0);

    const doubled = Array.from({ length: ITEMS }, (_, index) => ({ index, ok: true, output: index * 2 }));
    expect(await lab.results('j')).toEqual(doubled);
    expect(await gate.started(`${done}-`), 'the batch that was done').toHaveLength(1);
    expect(await lab.status('j')).toMatchObject({
      state: 'complete',
      batches: { total: ITEMS, done: ITEMS, failed: 0 },
      resumed: { times: 1, options: { maxWorkers: 1 } },
      fleet: { target: 0, running: 0 },
    });
    expect((await lab.cli(['resume', 'j'])).stderr).toContain('There is nothing to resume');
  });

  it('failed for its --max-failed: it ends again for newly failed items only, and completes once the limit is raised', async () => {
    const dataset = await lab.file('items.jsonl', numbers.repeat(5));
    const gate = await Gate.make(lab.directory, 'gate');
    const model = await lab.file('third.mjs', THIRD_FAILS);
    const guard = ['--max-failed', '0', '--max-workers', '1'];
    const job = ['--model', model, '--env', gate.env, '--batch-size', '1', '--id', 'j', ...guard];
    const run = await lab.cli(['run', dataset, ...job, ...ONE_BY_ONE]);
    expect(run.code, run.stdout).toBe(3);
    expect(run.stdout).toContain('To compute the batches that are left: spotpool resume j');
    const before = await lab.status('j');
    expect(before.state).toBe('failed');
    const kept = await lab.results('j');
    await gate.open();

    const resume = await lab.cli(['resume', 'j', '--max-failed', '100%']);
    expect(resume.code, resume.stderr).toBe(0);
    const left = before.batches.total - kept.length;
    expect(resume.stdout).toContain(`${left} batches without an outcome were sent, and ${kept.length} are done`);
    const follow = await lab.cli(['watch', 'j']);
    expect(follow.code, follow.stdout + follow.stderr).toBe(0);
    const results = await lab.results('j');
    expect(results).toHaveLength(5 * ITEMS);
    expect(results).toEqual(expect.arrayContaining(kept));
    expect((await lab.status('j')).items).toEqual({ total: 60, ok: 40, failed: 20 });
  });
});
