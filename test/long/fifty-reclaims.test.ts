import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Gate } from '../support/gate.js';
import { Lab } from '../support/lab.js';
import { modelPath } from '../e2e/models.js';

describe('fifty reclaims of one batch', () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.start({ leaseSeconds: 1, maxWorkers: 3 });
  });
  afterEach(() => lab.close());

  it('are no attempts: the batch still finishes (R4)', { timeout: 150_000 }, async () => {
    const gate = await Gate.make(lab.directory, 'gate');
    const dataset = await lab.file('one.jsonl', '21\n');
    const job = await lab.submit([dataset, '--model', modelPath('gated'), '--env', gate.env, '--max-attempts', '1']);
    await lab.setTarget(3);
    const seen = new Set<number>();
    for (let round = 1; round <= 50; round++) {
      const started = await gate.waitForStarted(round);
      const slot = started.map((name) => Gate.pidOf(name)).find((pid) => !seen.has(pid)) ?? 0;
      seen.add(slot);
      await lab.reclaim(await lab.instanceOf(slot), null);
    }
    await gate.open();
    await eventually(async () => (await lab.status(job)).batches.done === 1, { timeoutMs: 30_000 });
    expect(await lab.results(job)).toEqual([{ index: 0, ok: true, output: 42 }]);
    expect((await lab.status(job)).batches).toEqual({ total: 1, done: 1, failed: 0 });
  });
});
