import { beforeEach, describe, expect, it } from 'vitest';
import { FakeStack } from '../../support/fake-stack.js';
import { tempDirectory } from '../model/files.js';

let stack: FakeStack;
beforeEach(async () => {
  stack = new FakeStack();
  stack.cwd = await tempDirectory({
    'data.jsonl': '1\n2\n',
    'model/index.mjs': 'export const predict = (items) => items;',
    'model/addon.node': Buffer.from('cffaedfe0c00000100000000000000000000000000', 'hex'),
  });
});

describe('submit', () => {
  it('refuses native files for other machines than those of the stack, unless --any-platform ships them', async () => {
    stack.config = { ...stack.config, architecture: 'arm64' };
    expect(await stack.run('submit', 'data.jsonl', '--model', 'model')).toBe(2);
    expect(stack.terminal.stderr).toContain('addon.node (macOS arm64)');
    expect(stack.undone.size).toBe(0);
    expect(await stack.run('submit', 'data.jsonl', '--model', 'model', '--any-platform')).toBe(0);
  });

  it('refuses --setup on a stack whose instances reach nothing to install from', async () => {
    stack.config = { ...stack.config, isolated: true };
    expect(await stack.run('submit', 'data.jsonl', '--model', 'true', '--setup', 'pip install x')).toBe(2);
    expect(stack.terminal.stderr).toContain('isolated');
    expect(await stack.run('submit', 'data.jsonl', '--model', 'true')).toBe(0);
  });

  it('refuses a filter on a stack whose own controller is too old to read the job', async () => {
    const submit = ['submit', 'data.jsonl', '--model', 'cat', '--per-line'];
    stack.config = { ...stack.config, controllerFunction: 'controller' };
    expect(await stack.run(...submit)).toBe(2);
    expect(stack.terminal.stderr).toContain('Deploy the stack again');
    expect(stack.undone.size).toBe(0);
    expect(await stack.run('submit', 'data.jsonl', '--model', 'true')).toBe(0);
    stack.config = { ...stack.config, python: '3.13' };
    expect(await stack.run(...submit)).toBe(0);
  });

  it('refuses a secret that no instance can read, and one that is given twice', async () => {
    const secret = ['--secret', 'TOKEN=arn:aws:secretsmanager:eu-west-1:123456789012:secret:t-AbCdEf'];
    const submit = ['submit', 'data.jsonl', '--model', 'true', '--id', 'j', ...secret];
    stack.config = { ...stack.config, isolated: true };
    expect(await stack.run(...submit)).toBe(2);
    stack.config = { ...stack.config, isolated: false };
    expect(await stack.run(...submit, '--env', 'TOKEN=x')).toBe(2);
    expect(stack.terminal.stderr).toContain('--env and with --secret');
    expect(await stack.run(...submit)).toBe(0);
    expect(JSON.parse(stack.store.text('jobs/j/job.json') ?? '')).toMatchObject({
      options: { secrets: { TOKEN: secret[1]?.slice('TOKEN='.length) } },
    });
  });
});

it('submit writes the options of the model into the manifest, and refuses the same id without them', async () => {
  const submit = ['submit', 'data.jsonl', '--model', 'true', '--id', 'j'];
  expect(await stack.run(...submit, '--nan', 'null', '--load-timeout', '45s')).toBe(0);
  expect(JSON.parse(stack.store.text('jobs/j/job.json') ?? '')).toMatchObject({
    options: { nan: 'null', loadTimeoutSeconds: 45 },
  });
  expect(await stack.run(...submit, '--nan', 'zero')).toBe(2);
  expect(await stack.run(...submit)).toBe(2);
  expect(stack.terminal.stderr).toContain('--nan was null, now not given');
  expect(stack.terminal.stderr).toContain('--load-timeout');
});
