import { afterEach, describe, expect, it } from 'vitest';
import { submitCutOff } from '../support/cut-off.js';
import { eventually } from '../support/eventually.js';
import { Lab } from '../support/lab.js';
import { modelPath } from './models.js';

const jsonLines = (items: readonly unknown[]): string => items.map((item) => `${JSON.stringify(item)}\n`).join('');

describe('a job', () => {
  let lab: Lab;
  afterEach(() => lab.close());

  it('fails each hostile item alone and no other item (R10)', { timeout: 240_000 }, async () => {
    lab = await Lab.start({ maxWorkers: 2, leaseSeconds: 5 });
    const hostile = ['error', 'throw', 'exit', 'hang', 'wait', 'garbage', 'flood', 'print', 'poison'];
    const items = hostile.flatMap((item, position) => [`a${position}`, item, `b${position}`, `c${position}`]);
    const dataset = await lab.file('hostile.jsonl', jsonLines(items));
    const run = await lab.cli([
      'run',
      dataset,
      '--model',
      modelPath('hostile'),
      '--batch-size',
      '8',
      '--item-timeout',
      '2',
      '--out',
      'out.jsonl',
      '--json',
    ]);
    expect(run.code, run.stderr).toBe(0);
    const codes: Record<string, unknown> = Object.fromEntries(
      (await lab.results(await onlyJob())).map((line): [string, unknown] => [
        items[line['index'] as number] ?? '',
        line['ok'] === true ? line['output'] : (line['error'] as { code: string }).code,
      ]),
    );
    expect(codes).toEqual({
      ...Object.fromEntries(items.filter((item) => !hostile.includes(item)).map((item) => [item, `did ${item}`])),
      error: 'ModelError',
      throw: 'SlotCrashed',
      exit: 'SlotCrashed',
      hang: 'ItemTimeout',
      wait: 'ItemTimeout',
      garbage: 'ProtocolFault',
      flood: 'ProtocolFault',
      print: 'only printed',
      poison: 'ModelError',
    });
  });

  it('gives up a batch whose input cannot be read, keeps its error, continues, and ends with exit code 1', async () => {
    lab = await Lab.start({ maxWorkers: 1 });
    const job = await submitCutOff(lab, ['--id', 'unreadable']);
    const watch = await lab.cli(['watch', job, '--json']);
    expect(watch.code, watch.stderr).toBe(1);
    const status = await lab.status(job);
    expect(status).toMatchObject({
      state: 'complete',
      batches: { total: 2, done: 2, failed: 1 },
      items: { ok: 2, failed: 2 },
    });
    const results = await lab.results(job);
    expect(results.slice(0, 2)).toEqual([
      { index: 0, ok: true, output: 2 },
      { index: 1, ok: true, output: 4 },
    ]);
    expect(results.slice(2)).toMatchObject([
      {
        index: 2,
        ok: false,
        error: { code: 'BatchGivenUp', message: expect.stringContaining('part-00000') as string },
      },
      { index: 3, ok: false, error: { code: 'BatchGivenUp' } },
    ]);
  });

  it(
    'whose model no instance can load fails with that reason, and the fleet goes to 0',
    { timeout: 240_000 },
    async () => {
      lab = await Lab.start({ maxWorkers: 2 });
      const dataset = await lab.file('items.jsonl', jsonLines([1, 2, 3, 4]));
      const run = await lab.cli(['run', dataset, '--model', modelPath('unloadable'), '--batch-size', '1', '--json']);
      expect(run.code, run.stdout).toBe(1);
      const status = await lab.status(await onlyJob());
      expect(status.state).toBe('failed');
      expect(status.reason).toContain('the weights are not there');
      await eventually(async () => (await lab.instances()).every(({ state }) => state === 'terminated'));
      expect(status.fleet.target).toBe(0);
    },
  );

  it(
    'on instances that start no worker fails with that reason, and the fleet goes to 0 (R10)',
    { timeout: 240_000 },
    async () => {
      // The worker refuses its configuration and ends.
      lab = await Lab.start({ maxWorkers: 2, maxIdleSeconds: 0 });
      const dataset = await lab.file('items.jsonl', jsonLines([1, 2, 3, 4]));
      const run = await lab.cli(['run', dataset, '--model', modelPath('double'), '--batch-size', '1', '--json']);
      expect(run.code, run.stdout).toBe(1);
      const status = await lab.status(await onlyJob());
      expect(status.reason).toContain('ended before their worker came up');
      expect(status).toMatchObject({ state: 'failed', fleet: { target: 0, running: 0 } });
    },
  );

  async function onlyJob(): Promise<string> {
    const { stdout } = await lab.cli(['jobs', '--json']);
    const { jobs } = JSON.parse(stdout) as { jobs: { job: string }[] };
    expect(jobs).toHaveLength(1);
    return jobs[0]!.job;
  }
});
