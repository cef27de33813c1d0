import { ListObjectVersionsCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { GetScheduleCommand } from '@aws-sdk/client-scheduler';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeS3Client, makeSchedulerClient, makeSqsClient } from '../../aws/clients.js';
import { switchName } from '../../aws/dead-man-switch.js';
import { outcomeKey, resultsPrefix } from '../../core/contract/keys.js';
import { modelPath } from '../e2e/models.js';
import { jsonLines, runCli } from '../support/cli.js';
import { submitCutOff } from '../support/cut-off.js';
import { Gate } from '../support/gate.js';
import { clientOptionsOf } from './support/emulator.js';
import { EmulatorLab } from './support/emulator-lab.js';

const ITEMS = 40;
const BAD = 17;
const EMPTY = { visible: 0, inFlight: 0 };

describe('a job on an emulator', () => {
  let lab: EmulatorLab;
  beforeAll(async () => {
    lab = await EmulatorLab.start({ leaseSeconds: 8 });
  });
  afterAll(() => lab.close());

  it('is done by run, from a parked fleet to a parked fleet: each item has its outcome, in order', async () => {
    const items = Array.from({ length: ITEMS }, (_, index) => (index === BAD ? '"odd"' : String(index)));
    const dataset = await lab.file('items.jsonl', `${items.join('\n')}\n`);
    const run = await lab.cli(
      ['run', dataset, '--model', modelPath('double'), '--batch-size', '4', '--max-workers', '2'].concat([
        '--out',
        'out.jsonl',
        '--json',
      ]),
    );
    expect(run.code, run.stderr + lab.hostSaid).toBe(0);
    expect(jsonLines(run.stdout).at(-1)).toMatchObject({
      state: 'complete',
      batches: { total: ITEMS / 4, done: ITEMS / 4, failed: 0 },
      items: { total: ITEMS, ok: ITEMS - 1, failed: 1 },
      fleet: { target: 0, running: 0 },
    });
    const lines = jsonLines(await readFile(path.join(lab.directory, 'out.jsonl'), 'utf8'));
    expect(lines.map(({ index, ok, output }) => [index, ok, output])).toEqual(
      items.map((_, index) => (index === BAD ? [index, false, undefined] : [index, true, index * 2])),
    );
    expect(lines[BAD]).toMatchObject({ error: { code: 'ModelError', message: 'not a number: "odd"' } });
    const { target, instances } = await lab.fleet();
    expect([target, instances.filter(({ state }) => state !== 'terminated')]).toEqual([0, []]);
    expect(instances).toHaveLength(2);
  });

  it('is raised by a command that follows it, never by submit, and only under a dead-man’s switch (R9)', async () => {
    const gate = await Gate.make(lab.directory, 'switch');
    const dataset = await lab.file('one.jsonl', '21\n');
    const submitted = await lab.cli([
      'submit',
      dataset,
      '--model',
      modelPath('gated'),
      '--env',
      gate.env,
      '--id',
      'one',
    ]);
    expect(submitted.stdout).toContain('This stack has no controller of its own');
    expect((await lab.fleet()).target).toBe(0);
    const watch = lab.startCli(['watch', 'one', '--json']);
    await gate.waitForStarted(1);
    const target = (await theSwitch())?.Target;
    expect(target?.RoleArn).toBe(lab.stack.scheduler?.roleArn);
    expect(target?.Input).toContain(lab.stack.fleetId);
    await gate.open();
    expect((await watch.exited).code, watch.stderr).toBe(0);
    expect(await lab.results('one')).toEqual([{ index: 0, ok: true, output: 42 }]);
    expect(await theSwitch(), 'a parked fleet needs no switch').toBeUndefined();
    expect((await lab.fleet()).target).toBe(0);
  });

  it('has one outcome for a batch that was delivered twice (R1)', async () => {
    await keepVersions();
    const gate = await Gate.make(lab.directory, 'twice');
    const dataset = await lab.file('twice.jsonl', '21\n');
    const job = await lab.submit([dataset, '--model', modelPath('gated'), '--env', gate.env]);
    await sendCopy(job);
    const watch = lab.startCli(['watch', job, '--json']);
    await gate.waitForStarted(1);
    await gate.open();
    expect((await watch.exited).code, watch.stderr).toBe(0);
    await lab.soon(
      'both messages to be deleted',
      async () => JSON.stringify(await lab.counts()) === JSON.stringify(EMPTY),
    );
    expect(await versionsOf(outcomeKey(job, 0))).toBe(1);
    expect(await lab.results(job)).toEqual([{ index: 0, ok: true, output: 42 }]);
  });

  it('ends with exit code 1 when a batch was given up, and gives the reason for each of its items', async () => {
    const job = await submitCutOff(lab, ['--max-workers', '1']);
    const watch = await lab.cli(['watch', job, '--json']);
    expect(watch.code, watch.stderr).toBe(1);
    expect(await lab.results(job)).toMatchObject([
      { index: 0, ok: true, output: 2 },
      { index: 1, ok: true, output: 4 },
      { index: 2, ok: false, error: { code: 'BatchGivenUp' } },
      { index: 3, ok: false, error: { code: 'BatchGivenUp' } },
    ]);
  });

  it('can be shown, reported, computed again in part, and compared', async () => {
    const items = Array.from({ length: 6 }, (_, index) => (index === 4 ? '"odd"' : String(index)));
    const dataset = await lab.file('day.jsonl', `${items.join('\n')}\n`);
    const work = ['--model', modelPath('double'), '--batch-size', '2', '--max-workers', '1'];
    const run = await lab.cli(['run', dataset, ...work, '--id', 'day', '--name', 'a day', '--out', 'day.out.jsonl']);
    expect(run.code, run.stderr + lab.hostSaid).toBe(0);
    const mended = await lab.file(
      'mended.mjs',
      'export const predict = (items) => items.map((item) => Number(item) * 2 || 0);',
    );
    const rerun = await lab.cli(['rerun', 'day', '--model', mended, '--id', 'day-2', '--max-workers', '1', '--json']);
    expect(rerun.code, rerun.stderr + lab.hostSaid).toBe(0);
    const doubled = items.map((_, index) => ({ index, ok: true, output: index === 4 ? 0 : index * 2 }));
    expect(await lab.results('day')).toEqual(doubled);
    const compared = await lab.cli(['compare', 'day', 'day-2', '--json']);
    expect(JSON.parse(compared.stdout), compared.stderr).toMatchObject({ items: { newlyOk: 1, changed: 0 } });
    const shown = await lab.cli(['show', 'day', '--json']);
    expect(JSON.parse(shown.stdout), shown.stderr).toMatchObject({
      name: 'a day',
      how: { reruns: ['day-2'] },
      gaps: [],
    });
    expect((await lab.cli(['report', 'day', '--out', 'day.html'])).code).toBe(0);
    expect(await readFile(path.join(lab.directory, 'day.html'), 'utf8')).toContain('day-2');
    expect((await lab.cli(['rm', 'day'])).code, 'a job that has reruns is kept').not.toBe(0);
    const series = await lab.cli(['submit', dataset, ...work, '--each', 'FACTOR=1,2', '--id', 'both', '--json']);
    const { jobs } = JSON.parse(series.stdout) as { readonly jobs: readonly { readonly job: string }[] };
    expect(jobs.map(({ job }) => job)).toEqual(['both-factor-1', 'both-factor-2']);
    for (const { job } of jobs) expect((await lab.cli(['watch', job, '--json'])).code, job).toBe(0);
    const listed = await lab.cli(['jobs', '--series', 'both', '--json']);
    expect(JSON.parse(listed.stdout)).toMatchObject({ jobs: jobs.map(({ job }) => ({ job, state: 'complete' })) });
    expect((await lab.cli(['compare', 'both', '--fail-on-change'])).code).toBe(0);
    for (const job of ['day-2', 'day']) expect((await lab.cli(['rm', job, '--yes'])).code, job).toBe(0);
    expect(await lab.keys('jobs/day')).toEqual([]);
  });

  it('stops computing when it is cancelled, and another job beside it completes', async () => {
    const gate = await Gate.make(lab.directory, 'held');
    const dataset = await lab.file('six.jsonl', '0\n1\n2\n3\n4\n5\n');
    const one = ['--batch-size', '1', '--max-workers', '1'];
    const held = await lab.submit([dataset, '--model', modelPath('gated'), '--env', gate.env, ...one]);
    await lab.setTarget(1);
    await gate.waitForStarted(1);
    const other = await lab.submit([dataset, '--model', modelPath('double'), ...one]);
    const watch = lab.startCli(['watch', other, '--json']);
    const cancel = await lab.cli(['cancel', held, '--json']);
    expect(cancel.code, cancel.stderr).toBe(0);
    expect((await watch.exited).code, watch.stderr).toBe(0);
    expect((await lab.results(other)).map(({ output }) => output)).toEqual([0, 2, 4, 6, 8, 10]);
    expect((await lab.status(held)).state).toBe('cancelled');
    expect(await lab.keys(resultsPrefix(held))).toEqual([]);
    await lab.soon('no instance', async () => (await lab.running()).length === 0);
  });

  it('uses the configured endpoint, whatever host the queue’s URL names', async () => {
    const elsewhere = new URL(lab.stack.queueUrl);
    elsewhere.hostname = 'queue.invalid';
    const stackFile = path.join(lab.directory, 'elsewhere.json');
    await writeFile(stackFile, JSON.stringify({ ...lab.stack, queueUrl: elsewhere.href }));
    const dataset = await lab.file('far.jsonl', '1\n');
    const submit = await runCli(
      ['submit', dataset, '--model', modelPath('double'), '--id', 'far', '--stack', stackFile, '--json'],
      { cwd: lab.directory },
    );
    expect(submit.code, submit.stderr).toBe(0);
    const watch = await lab.cli(['watch', 'far', '--json']);
    expect(watch.code, watch.stderr).toBe(0);
  });

  async function theSwitch() {
    const client = makeSchedulerClient(clientOptionsOf(lab.emulator));
    const { name, scheduler } = lab.stack;
    try {
      return await client.send(new GetScheduleCommand({ Name: switchName(name), GroupName: scheduler?.groupName }));
    } catch (error) {
      if ((error as Error).name === 'ResourceNotFoundException') return undefined;
      throw error;
    } finally {
      client.destroy();
    }
  }

  /** Sends a copy of the job's message, as SQS sometimes delivers a message twice. */
  async function sendCopy(job: string): Promise<void> {
    const client = makeSqsClient(clientOptionsOf(lab.emulator));
    const QueueUrl = lab.stack.queueUrl;
    const body = await lab.soon('the message', async () => {
      const receive = new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0, WaitTimeSeconds: 1 });
      return (await client.send(receive)).Messages?.[0]?.Body;
    });
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: body, MessageGroupId: job }));
    client.destroy();
  }

  /** A deployed bucket has versioning; a bucket of `stack create` has not. */
  async function keepVersions(): Promise<void> {
    const client = makeS3Client(clientOptionsOf(lab.emulator));
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await client.send(new PutBucketVersioningCommand({ Bucket: lab.stack.bucket, VersioningConfiguration }));
    client.destroy();
  }

  async function versionsOf(key: string): Promise<number> {
    const client = makeS3Client(clientOptionsOf(lab.emulator));
    const { Versions = [] } = await client.send(
      new ListObjectVersionsCommand({ Bucket: lab.stack.bucket, Prefix: key }),
    );
    client.destroy();
    return Versions.length;
  }
});
