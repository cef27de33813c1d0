import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { invokeController } from '../support/controller-function.js';
import { Gate } from '../support/gate.js';
import { Lab } from '../support/lab.js';
import { modelPath } from './models.js';

describe('spotpool teardown', () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.start({ maxWorkers: 2 });
  });
  afterEach(() => lab.close());

  it(
    'brings a busy pool to 0 instances although its controllers run, and loses nothing',
    { timeout: 240_000 },
    async () => {
      const gate = await Gate.make(lab.directory, 'gate');
      const dataset = await lab.file('items.jsonl', '0\n1\n2\n3\n');
      const job = await lab.submit([dataset, '--model', modelPath('gated'), '--env', gate.env, '--batch-size', '1']);
      await lab.setTarget(2);
      await gate.waitForStarted(2);
      const ended = await lab.cli(['teardown', '--yes', '--grace', '1s', '--json']);
      expect(ended.code, ended.stderr).toBe(0);
      expect(ended.stdout).toContain('"instancesLeft":0');
      expect(await lab.running()).toEqual([]);
      const { answers } = await invokeController(lab.stack, [{ source: 'spotpool.schedule' }]);
      expect(answers[0]).toMatchObject({ target: 0, parked: true, jobs: 1 });
      expect(await lab.running()).toEqual([]);
      await gate.open();
      expect((await lab.cli(['teardown', '--undo'])).code).toBe(0);
      expect((await lab.cli(['watch', job, '--json'])).code).toBe(0);
      expect((await lab.results(job)).map(({ output }) => output)).toEqual([0, 2, 4, 6]);
    },
  );
});
