import { expect, it } from 'vitest';
import { DEFAULT_JOB_OPTIONS, JOB_OPTIONS } from '../../../core/contract/job-options.js';
import { type JobFlags, jobOptionsOf } from '../../../runner/cli/job-options.js';
import { FakeStack } from '../../support/fake-stack.js';

it.each(['run', 'submit'])('%s takes every option of the manifest', async (command) => {
  const stack = new FakeStack();
  await stack.run(command, '--help');
  for (const { flag } of Object.values(JOB_OPTIONS)) expect(stack.terminal.stdout).toContain(` ${flag} `);
});

it('the manifest keeps the given options and the defaults of the others', () => {
  const flags: JobFlags = { model: 'model.ts', batchSize: 'auto', maxWorkers: 3, env: { A: '1' } };
  expect(jobOptionsOf(flags)).toEqual({ ...DEFAULT_JOB_OPTIONS, maxWorkers: 3, env: { A: '1' } });
  expect(DEFAULT_JOB_OPTIONS).toEqual({
    slots: 'auto',
    concurrency: 'auto',
    maxAttempts: 3,
    itemTimeoutSeconds: 300,
    env: {},
  });
});
