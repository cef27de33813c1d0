/** Boots with the real AWS CLI, for which test/e2e/boot.test.ts has a stand-in. So its options, its credentials from the instance's role, and its use of S3 are tested. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { callsFile, provisionMachines } from '../e2e/machine/provision.js';
import { modelPath } from '../e2e/models.js';
import { eventually } from '../support/eventually.js';
import { Lab } from '../support/lab.js';

const hasCli = spawnSync('aws', ['--version']).status === 0;

describe.skipIf(!hasCli)('an instance that boots with the real AWS CLI (skipped where there is none)', () => {
  it('fetches the worker, works, and uploads its logs', async () => {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-machine-'));
    const machine = { directory, maxIdleSeconds: 1, aws: 'real' } as const;
    await writeFile(callsFile(machine), '');
    const lab = await Lab.start({ maxWorkers: 1, provision: provisionMachines(machine) });
    try {
      const job = await lab.submit([await lab.file('items.jsonl', '1\n2\n'), '--model', modelPath('double')]);
      await lab.setTarget(1);
      await eventually(async () => (await lab.running()).length > 0);
      await lab.setTarget(0);
      await eventually(async () => (await lab.status(job)).items.ok === 2, {
        timeoutMs: 60_000,
        what: 'the outcome',
      });
      await eventually(async () => (await lab.running()).length === 0, { timeoutMs: 60_000, what: 'the end' });
      const [instance] = await lab.instances();
      const { signal } = new AbortController();
      for (const [name, end] of [
        ['boot.log', 'the boot script ends with 0'],
        ['worker.log', '"code":"worker-ended"'],
      ] as const) {
        const stored = await lab.store.get(`fleet/instances/${instance?.id}/${name}`, { signal });
        expect(Buffer.from(stored?.body ?? []).toString()).toContain(end);
      }
      const copies = (await readFile(callsFile(machine), 'utf8')).split('\n').filter((call) => call.startsWith('aws '));
      expect(copies.map((call) => call.split(' ').slice(0, 4).join(' '))).toEqual(
        Array.from({ length: 4 }, () => 'aws s3 cp --only-show-errors'),
      );
    } finally {
      await lab.close();
      await rm(directory, { recursive: true });
    }
  });
});
