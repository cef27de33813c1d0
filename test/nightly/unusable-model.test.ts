import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resultsPrefix } from '../../core/contract/keys.js';
import { eventually } from '../support/eventually.js';
import { Gate } from '../support/gate.js';
import { Lab } from '../support/lab.js';
import { modelPath } from '../e2e/models.js';

const numbers = (count: number): string => Array.from({ length: count }, (_, index) => `${index}\n`).join('');

describe('R10: a job whose model cannot be loaded, beside a good one', () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.start({ maxWorkers: 3 });
  });
  afterEach(() => lab.close());

  it('fails after three instances have said so, and the same three instances finish the good job', async () => {
    const items = 60;
    const dataset = await lab.file('items.jsonl', numbers(items));
    const broken = await lab.submit([dataset, '--model', modelPath('unloadable'), '--batch-size', '5']);
    // The first item of the good job waits until the broken one has failed. It holds one of two slots.
    const gate = await Gate.make(lab.directory, 'gate');
    for (let item = 1; item < items; item += 1) await gate.open(item);
    const options = ['--batch-size', '1', '--slots', '2', '--env', gate.env];
    const good = await lab.submit([dataset, '--model', modelPath('gated'), ...options]);
    const watching = lab.startCli(['watch', good]);
    const failed = await eventually(
      async () => {
        const status = await lab.status(broken);
        return status.state === 'failed' ? status : undefined;
      },
      { what: 'the end of the broken job', timeoutMs: 120_000 },
    );
    expect(failed.reason).toMatch(
      /^3 instances could not load the model, all for the same reason: .*the weights are not there/s,
    );
    expect(await outcomes(good), 'the good job went on').toBeLessThan(items);
    await gate.open(0);
    expect((await watching.exited).code).toBe(0);
    expect(await lab.results(good)).toHaveLength(items);
    expect(await lab.instances()).toHaveLength(3);
  });

  it('comes to its end in a pool of one instance, too, once the good job is done', async () => {
    const small = await Lab.start({ maxWorkers: 1 });
    try {
      const dataset = await small.file('items.jsonl', numbers(40));
      const good = await small.submit([dataset, '--model', modelPath('tenth'), '--batch-size', '1']);
      const broken = await small.submit([dataset, '--model', modelPath('unloadable'), '--batch-size', '1']);
      const both = [good, broken].map((job) => small.startCli(['watch', job]).exited);
      const [done, failed] = await Promise.all(both);
      expect(done?.code).toBe(0);
      expect(failed?.code).toBe(1);
      expect((await small.status(broken)).reason).toMatch(/^3 instances could not load the model/);
      expect((await small.instances()).length).toBeGreaterThanOrEqual(3);
    } finally {
      await small.close();
    }
  });

  async function outcomes(job: string): Promise<number> {
    let count = 0;
    for await (const _ of lab.store.list(resultsPrefix(job), { signal: AbortSignal.timeout(10_000) })) count += 1;
    return count;
  }
});
