/** The deployed bundle of the function controls a job without any other controller: it raises the fleet and parks it at the end. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { invokeController } from '../support/controller-function.js';
import { eventually } from '../support/eventually.js';
import { Gate } from '../support/gate.js';
import { interruptionOf } from '../support/interruption.js';
import { Lab } from '../support/lab.js';
import { modelPath } from './models.js';

const minute = { source: 'spotpool.schedule' };

describe('the controller function', () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.start({ maxWorkers: 3 });
  });
  afterEach(() => lab.close());

  it('brings a job from its submission to its end and to 0 instances', async () => {
    const dataset = await lab.file('items.jsonl', Array.from({ length: 20 }, (_, index) => `${index}\n`).join(''));
    // The gate stays closed until the function has raised the fleet.
    const gate = await Gate.make(lab.directory, 'gate');
    const job = await lab.submit([dataset, '--model', modelPath('gated'), '--env', gate.env, '--batch-size', '1']);
    const raised = await invokeController(lab.stack, [{ source: 'spotpool.submit' }]);
    expect(raised.answers).toMatchObject([{ target: 3, jobs: 1, parked: false }]);
    expect(raised.log.map(({ code }) => code)).toContain('target-raised');
    expect(raised.log.at(-1)).toMatchObject({
      Stack: lab.stack.name,
      Target: 3,
      BatchesLeft: expect.any(Number) as number,
    });
    const [first] = await eventually(async () => {
      const running = await lab.running();
      return running.length > 0 ? running : undefined;
    });
    await gate.open();
    await eventually(async () => (await lab.status(job)).batches.done === 20, { what: 'all outcomes' });
    const { answers, log } = await invokeController(lab.stack, [interruptionOf(first?.id ?? ''), minute, minute]);
    expect(log[0]).toEqual({ code: 'woken', by: 'aws.ec2: EC2 Spot Instance Interruption Warning' });
    expect(answers.at(-1)).toMatchObject({ target: 0, parked: true });
    const metrics = log.filter((record) => '_aws' in record);
    expect(metrics).toHaveLength(3);
    expect(metrics.at(-1)).toMatchObject({ Target: 0, Fulfilled: 0, BatchesLeft: 0, Reclaims: 0 });
    expect(await lab.running()).toEqual([]);
    expect((await lab.status(job)).state).toBe('complete');
    expect(await lab.results(job)).toHaveLength(20);
  });

  it('is safe when several run at once: no work is lost, and all of them see the end', async () => {
    const dataset = await lab.file('items.jsonl', Array.from({ length: 12 }, (_, index) => `${index}\n`).join(''));
    const job = await lab.submit([dataset, '--model', modelPath('double'), '--batch-size', '1']);
    const all = await Promise.all(Array.from({ length: 2 }, () => invokeController(lab.stack, [minute, minute])));
    expect(all.flatMap(({ answers }) => answers)).toHaveLength(4);
    await eventually(async () => (await lab.status(job)).batches.done === 12, { what: 'all outcomes' });
    const { answers } = await invokeController(lab.stack, [minute, minute]);
    expect(answers.at(-1)).toMatchObject({ target: 0, parked: true });
    expect(await lab.results(job)).toHaveLength(12);
  });
});
