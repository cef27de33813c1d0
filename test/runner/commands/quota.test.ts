import { beforeEach, describe, expect, it } from 'vitest';
import { FakeStack } from '../../support/fake-stack.js';
import { tempDirectory } from '../model/files.js';

let stack: FakeStack;
beforeEach(async () => {
  stack = new FakeStack();
  stack.config = { ...stack.config, maxWorkers: 4, minVcpus: 2 };
  stack.cwd = await tempDirectory({ 'data.jsonl': '1\n2\n3\n4\n' });
});

const submit = (...more: string[]): Promise<number> =>
  stack.run('submit', 'data.jsonl', '--model', 'true', '--batch-size', '1', ...more);

describe('the account’s Spot quota', () => {
  it('is in a warning when the job wants more', async () => {
    stack.quotaVcpus = 5;
    expect(await submit()).toBe(0);
    expect(stack.terminal.stdout).toMatch(/Spot quota is 5 vCPUs.* enough for 2 of the 4 instances/);
  });

  it('is not in a warning when the job wants less', async () => {
    stack.quotaVcpus = 5;
    await submit('--max-workers', '2');
    expect(stack.terminal.stdout).not.toContain('quota');
  });

  it('does not stop a submission when it cannot be read, which only doctor reports', async () => {
    stack.broken = { quota: { vcpus: () => Promise.reject(new Error('not authorized')) } };
    expect(await submit()).toBe(0);
    expect(stack.terminal.stdout + stack.terminal.stderr).not.toContain('quota');
    await stack.run('doctor');
    expect(stack.terminal.stdout).toMatch(/ok +quota +the Spot quota cannot be read .*not authorized/);
  });

  it('is a problem for doctor when the stack’s maximum is above it', async () => {
    stack.quotaVcpus = 5;
    await stack.run('doctor');
    expect(stack.terminal.stdout).toMatch(/problem +quota .*Request a higher quota/);
  });
});
