import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withStackOptions } from '../../../../runner/cli/stack-hints.js';
import { FakeStack } from '../../../support/fake-stack.js';
import { RecordingTerminal } from '../../../support/recording-terminal.js';

let stack: FakeStack;
beforeEach(async () => {
  stack = new FakeStack();
  stack.cwd = await mkdtemp(path.join(os.tmpdir(), 'spotpool-hints-'));
  const { queueUrl, deadLetterQueueUrl, bucket, fleetId, maxWorkers } = stack.config;
  const outputs = {
    QueueUrl: queueUrl,
    DeadLetterQueueUrl: deadLetterQueueUrl,
    Bucket: bucket,
    FleetId: fleetId,
    MaxWorkers: String(maxWorkers),
  };
  await writeFile(path.join(stack.cwd, 'stack.json'), JSON.stringify({ Pool: outputs }));
  await writeFile(path.join(stack.cwd, 'data.jsonl'), '1\n2\n3\n4\n');
});
afterEach(() => rm(stack.cwd, { recursive: true }));

/** Commands that take no stack. */
const WITHOUT_STACK = /^spotpool (?:local|predeploy|emulator|--)/;

/** The commands that were printed: in quotes, or up to the end of the line. */
const printedCommands = (text: string): readonly string[] =>
  [...text.matchAll(/"(spotpool [^"\n]+)"|(?<!")(spotpool [a-z][^\n"]*)/g)].map(([, quoted, plain]) =>
    (quoted ?? plain ?? '').trim(),
  );

async function commandsOf(...argv: readonly string[]): Promise<readonly string[]> {
  stack.terminal = new RecordingTerminal();
  stack.instances = [];
  await stack.run(...argv, '--stack', 'stack.json');
  const { stdout, stderr } = stack.terminal;
  return printedCommands(`${stdout}\n${stderr}`);
}

const SUBMIT = ['submit', 'data.jsonl', '--model', 'cat', '--per-line', '--batch-size', '2'] as const;

/** Each command prints at least one other command. The function makes what is in the stack before it. */
const CASES: readonly (readonly [argv: readonly string[], before: (job: string) => Promise<unknown>])[] = [
  [['jobs'], nothing],
  [['jobs', '--name', 'nothing'], (job) => stack.plantJob(job, 1)],
  [['jobs', '--series', 'nothing'], nothing],
  [SUBMIT, nothing],
  [[...SUBMIT, '--each', 'A=1,2', '--id', 's'], nothing],
  [[...SUBMIT, '--id', 'j'], endedBadly],
  [[...SUBMIT, '--id', 'j'], complete],
  [['run', 'data.jsonl', '--model', 'cat', '--per-line', '--out', '-'], nothing],
  [['rerun', 'j', '--out', '-'], nothing],
  [['watch'], nothing],
  [['watch', 'nobody'], nothing],
  [['watch', 'j'], endedBadly],
  [['status', 'nobody'], nothing],
  [['status', 'Not An Id'], nothing],
  [['status', 'j'], endedBadly],
  [['show', 'nobody'], nothing],
  [['report', 'nobody'], nothing],
  [['results', 'nobody'], nothing],
  [['results', 'j'], halfDone],
  [['results', 'j', '--out', 'parts/'], halfDone],
  [['results', 'j'], withFailures],
  [['errors', 'nobody'], nothing],
  [['errors', 'j'], withFailures],
  [['cancel', 'nobody'], nothing],
  [['cancel', 'j'], halfDone],
  [['resume', 'nobody'], nothing],
  [['rerun', 'nobody'], nothing],
  [['rerun', 'j'], halfDone],
  [['compare', 'j', 'nobody'], complete],
  [['compare', 'nothing'], nothing],
  [['compare', 'j', 'k'], damaged],
  [['compare', 'j', 'k', 'l'], damaged],
  [['rm', 'nobody', '--yes'], nothing],
  [['rm', 'Not An Id', '--yes'], nothing],
  [['rm', 'j', '--yes'], halfDone],
  [['logs', 'nobody'], nothing],
];

async function nothing(): Promise<void> {
  return undefined;
}
async function halfDone(job: string): Promise<void> {
  await stack.plantJob(job, 2);
  await stack.commit(job, 0);
}
async function complete(job: string): Promise<void> {
  await stack.plantJob(job, 1);
  await stack.commit(job, 0);
}
async function withFailures(job: string): Promise<void> {
  await stack.run(...SUBMIT, '--id', job);
  await stack.commit(job, 0, 1);
  await stack.commit(job, 1);
}
async function endedBadly(job: string): Promise<void> {
  await halfDone(job);
  await stack.run('cancel', job);
}
async function damaged(job: string): Promise<void> {
  for (const each of [job, 'k', 'l']) {
    await complete(each);
    await stack.store.put(`jobs/${each}/results/00000.jsonl`, 'no result\n', { signal: new AbortController().signal });
  }
}

describe('the commands in messages', () => {
  it.each(CASES)('name the stack that the command had: %j', async (argv, before) => {
    await before('j');
    const commands = await commandsOf(...argv);
    expect(commands, stack.terminal.stdout + stack.terminal.stderr).not.toEqual([]);
    const ofStack = commands.filter((command) => !WITHOUT_STACK.test(command));
    expect(ofStack.filter((command) => !command.includes('--stack stack.json'))).toEqual([]);
  });

  it.each([
    ['"spotpool jobs" lists the jobs.', '"spotpool jobs --local" lists the jobs.'],
    ['Use "spotpool results <job> --out -".', 'Use "spotpool results <job> --out - --local".'],
    ['"spotpool jobs --local" lists them.', '"spotpool jobs --local" lists them.'],
    ['"spotpool local status" lists them.', '"spotpool local status" lists them.'],
    ['spotpool jobs lists them.', 'spotpool jobs lists them.'],
  ])('get the options of the stack: %s', (text, expected) => {
    expect(withStackOptions(text, ' --local')).toBe(expected);
  });

  it('stay as they are where the stack needs no option', () => {
    expect(withStackOptions('"spotpool jobs" lists the jobs.', '')).toBe('"spotpool jobs" lists the jobs.');
  });
});
