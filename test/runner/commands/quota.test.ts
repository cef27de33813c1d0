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

describe('the account’s Spot quotas of a pool of GPUs', () => {
  beforeEach(() => {
    const { minVcpus: _, ...config } = stack.config;
    stack.config = { ...config, spotQuotas: 'g:4,p5:16' };
  });

  it('are both in the warning of a job that wants more than they allow together', async () => {
    stack.gpuQuotas = { g: 8, p5: 20 };
    expect(await submit()).toBe(0);
    expect(stack.terminal.stdout).toMatch(
      /Spot quotas are 8 vCPUs and 20 vCPUs in this region, enough for 3 of the 4 instances wanted \(4 and 16 vCPUs each at least\)/,
    );
    expect(stack.terminal.stdout).toContain('"All G and VT Spot Instance Requests" or "All P5 Spot Instance Requests"');
  });

  it('are enough when one of them allows the whole job', async () => {
    stack.gpuQuotas = { g: 16, p5: 0 };
    await submit();
    expect(stack.terminal.stdout).not.toContain('quota');
  });

  it('of 0, as new accounts have them, are a problem for doctor, which says that nothing will start', async () => {
    stack.gpuQuotas = { g: 0, p5: 0 };
    await stack.run('doctor');
    expect(stack.terminal.stdout).toMatch(
      /problem +quota .* enough for 0 of the 4 instances wanted .* None will start\./,
    );
  });

  it('are read out by doctor when they are enough', async () => {
    stack.gpuQuotas = { g: 64, p5: 0 };
    await stack.run('doctor');
    expect(stack.terminal.stdout).toMatch(
      /ok +quota +64 vCPUs on Spot for instances of 4 vCPUs and 0 vCPUs on Spot for instances of 16 vCPUs: enough for the stack's 4/,
    );
  });
});

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
