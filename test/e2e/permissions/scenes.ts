/** The scenes of a pool's life, so that its programs make every call to AWS at least once. Each scene runs alone on its own pool. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import {
  endsKey,
  exitTicketKey,
  fleetStateKey,
  inputPartKey,
  outcomeKey,
  unablePrefix,
} from '../../../core/contract/keys.js';
import { projectRoot } from '../../support/cli.js';
import { eventually } from '../../support/eventually.js';
import { Gate } from '../../support/gate.js';
import { interruptionOf } from '../../support/interruption.js';
import type { Lab } from '../../support/lab.js';
import { modelPath } from '../models.js';
import { INPUT_BUCKET, NAMES, SECRET_ARN } from './names.js';
import type { Pool } from './pool.js';

const { signal } = new AbortController();
/** Larger than one part of a multipart upload. */
const LARGE_BYTES = 6 * 1024 * 1024;
/** Two such lines give an outcome of 20 MiB. A line may have up to 16 MiB. */
const OUTPUT_CHARACTERS = 10 * 1024 * 1024;
const WAIT_MS = 60_000;
/** The pause between two reads, because each read takes the whole log. */
const LOOK_EVERY_MS = 250;
/** The time of a notice. It is long enough to hand the batch back, also on a busy machine. */
const NOTICE_MS = 5_000;
/** The event with which EventBridge Scheduler wakes the function. */
const MINUTE = { source: 'spotpool.schedule' };

/** Jobs with interrupted and complete uploads, failures, a reclaim, notified ends, and one controller after another. */
export async function jobsLive(pool: Pool): Promise<void> {
  const { lab } = pool;
  const largeModel = await makeLargeModel(lab.directory);
  const line = JSON.stringify({ characters: OUTPUT_CHARACTERS, ballast: 'x'.repeat(LARGE_BYTES / 2) });
  const largeDataset = await lab.file('large.jsonl', `${line}\n${line}\n`);
  const small = await lab.file('small.jsonl', '0\n1\n2\n');
  const input = await pool.fillInputBucket({ 'items.jsonl': '1\n2\n', 'objects/0.json': '{}', 'objects/1.json': '{}' });

  await lab.admin('POST', 'faults', { service: 's3', action: 'CompleteMultipartUpload', fault: '500' });
  const folder = await makeFolder(lab.directory);
  const broken = [
    [largeDataset, '--model', modelPath('sized')],
    [small, '--model', largeModel],
    [folder, '--model', modelPath('double')],
  ].map((args) => lab.cli(['submit', ...args]));
  for (const { code } of await Promise.all(broken)) if (code === 0) throw new Error('The upload did not break off.');
  await lab.admin('DELETE', 'faults');

  const gate = await Gate.make(lab.directory, 'gate');
  const submit = (dataset: string, model: string, options: string): Promise<string> =>
    lab.submit([dataset, '--model', model, ...options.split(' ')]);
  const [held] = await Promise.all([
    submit(small, modelPath('gated'), `--id held --batch-size 3 --env ${gate.env}`),
    submit(largeDataset, largeModel, `--id large --batch-size 2 --secret API_KEY=${SECRET_ARN}`),
    submit(`s3://${INPUT_BUCKET}/objects/`, modelPath('double'), '--id objects'),
    submit(folder, modelPath('double'), '--id files'),
    submit(`s3://${INPUT_BUCKET}/items.jsonl`, modelPath('double'), '--id lost --max-attempts 1'),
  ]);
  await input.send(new DeleteObjectCommand({ Bucket: INPUT_BUCKET, Key: 'objects/1.json' }));
  input.destroy();
  await lab.store.put(inputPartKey('lost', 0), '1\n', { signal });

  const watch = lab.startCli(['watch', held, '--json']);
  await reclaimInTheMiddle(pool, gate);
  await gate.open();
  await asked(pool, 'user', 'PutObject', endsKey(held));
  watch.child.kill('SIGKILL');
  // Whoever looks at an ended job first keeps its prices.
  const { code, stderr } = await lab.cli(['show', held]);
  if (code !== 0) throw new Error(`show ${held}: ${stderr}`);

  // From here on the function is the only controller.
  const lastGate = await Gate.make(lab.directory, 'last-gate');
  const last = await submit(small, modelPath('gated'), `--id last --batch-size 3 --env ${lastGate.env}`);
  const [slot = ''] = await lastGate.waitForStarted(1);
  // A worker that dies with a batch in its slot leaves the mark of a loss.
  process.kill(await parentOf(Gate.pidOf(slot)), 'SIGKILL');
  await pool.removeSwitch();
  await lab.admin('POST', 'faults', { service: 'scheduler', fault: '500', times: 5 });
  await pool.invoke([MINUTE]);
  await lastGate.open();
  await eventually(() => lab.store.head(outcomeKey(last, 0), { signal }), { timeoutMs: WAIT_MS, what: 'the outcome' });
  const { answers } = await pool.invoke([MINUTE, MINUTE, interruptionOf('i-another')]);
  const answer = answers.at(-1);
  if (answer === undefined || !('parked' in answer) || !answer.parked)
    throw new Error(`The fleet is not parked: ${JSON.stringify(answers)}`);
}

/** An instance is reclaimed after one item of its batch. Another instance computes the rest. */
async function reclaimInTheMiddle({ lab }: Pool, gate: Gate): Promise<void> {
  const [started = ''] = await gate.waitForStarted(1);
  await gate.open(0);
  await gate.waitForStarted(2);
  const instance = await lab.instanceOf(Gate.pidOf(started));
  await lab.reclaim(instance, NOTICE_MS);
  await gate.waitForStarted(3);
  await eventually(async () => !(await lab.running()).some(({ id }) => id === instance), { timeoutMs: WAIT_MS });
}

/** Batches that are sent again, a ticket that another worker has taken, a model that cannot be loaded, a cancelled job, and the teardown. */
export async function poolEnds(pool: Pool): Promise<void> {
  const { lab } = pool;
  const gate = await Gate.make(lab.directory, 'gate');
  const items = await lab.file('items.jsonl', '0\n1\n2\n');
  const held = await lab.submit([items, '--model', modelPath('gated'), '--env', gate.env, '--batch-size', '3']);
  await pool.purge();
  await controlUntilBatchesAreSentAgain(pool);
  await gate.waitForStarted(1);

  await lab.setTarget(2);
  await eventually(async () => (await lab.running()).length === 2, { timeoutMs: WAIT_MS, what: 'an idle instance' });
  await offerTicketOfAnother(pool);
  // The job has more batches than the busy worker fetches ahead.
  const unable = await lab.submit([items, '--model', modelPath('unloadable'), '--batch-size', '1']);
  await lab.setTarget(1); // one instance is enough
  await written(lab, unablePrefix(unable));
  await lab.cli(['cancel', unable]);
  await removedRerun(pool, unable);

  const teardown = lab.startCli(['teardown', '--yes', '--grace', '1s']);
  await look(pool, held);
  await asked(pool, 'user', 'DeleteStack');
  teardown.child.kill('SIGKILL'); // nothing would ever delete that stack
  await teardown.exited;
}

/** A job gets a rerun, which is cancelled and removed. */
async function removedRerun({ lab }: Pool, parent: string): Promise<void> {
  const commands = [
    `rerun ${parent} --items 0 --model ${modelPath('double')} --id again --no-follow`,
    'cancel again',
    'rm again --yes',
  ];
  for (const command of commands) {
    const { code, stderr } = await lab.cli(command.split(' '));
    if (code !== 0) throw new Error(`${command}: ${stderr}`);
  }
}

/** Runs all commands that change nothing. */
async function look({ lab }: Pool, job: string): Promise<void> {
  await mkdir(path.join(lab.directory, 'cdk.out'));
  await lab.file(`cdk.out/${NAMES.stack}.template.json`, '{}');
  const commands = [`status ${job}`, `results ${job} --out out.jsonl`, `logs ${job}`, 'doctor', 'predeploy'];
  await Promise.all(commands.map((command) => lab.cli(command.split(' '))));
}

async function controlUntilBatchesAreSentAgain(pool: Pool): Promise<void> {
  const script = path.join(projectRoot, 'test/e2e/controller.mjs');
  const controller = spawn(process.execPath, [script, pool.lab.stackFile, '900000', '300'], {
    env: { ...process.env, ...pool.controllerEnv },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await asked(pool, 'controller', 'SendMessageBatch');
  await asked(pool, 'controller', 'ModifyFleet');
  const ended = once(controller, 'exit');
  controller.kill('SIGKILL');
  await ended;
}

/** Takes a ticket in another worker's name. The idle worker tries to take it, finds it taken, and reads who has it. */
async function offerTicketOfAnother(pool: Pool): Promise<void> {
  const { store } = pool.lab;
  const at = new Date().toISOString();
  const before = JSON.parse(Buffer.from((await store.get(fleetStateKey, { signal }))?.body ?? '{}').toString()) as {
    readonly generation?: number;
  };
  const generation = (before.generation ?? 0) + 1;
  await store.put(exitTicketKey(generation, 0), JSON.stringify({ instance: 'i-another', at }), { signal });
  await store.put(fleetStateKey, JSON.stringify({ version: 1, generation, target: 1, grants: 1, jobs: [], at }), {
    signal,
  });
  await asked(pool, 'worker', 'GetObject', exitTicketKey(generation, 0));
}

const written = ({ store }: Lab, prefix: string): Promise<unknown> =>
  eventually(async () => (await store.listFolder(prefix, { signal })).objects.length > 0, {
    timeoutMs: WAIT_MS,
    what: `an object below ${prefix}`,
  });

const asked = (pool: Pool, by: string, action: string, key?: string): Promise<unknown> =>
  eventually(
    async () =>
      (await pool.requests()).some(
        (request) =>
          request.who === by && request.action === action && (key === undefined || request.parameters['Key'] === key),
      ),
    { timeoutMs: WAIT_MS, everyMs: LOOK_EVERY_MS, what: `${action} by the ${by}` },
  );

async function makeLargeModel(parent: string): Promise<string> {
  const directory = path.join(parent, 'large-model');
  await mkdir(directory);
  await copyFile(modelPath('sized'), path.join(directory, 'index.mjs'));
  await writeFile(path.join(directory, 'weights.bin'), randomBytes(LARGE_BYTES));
  return directory;
}

/** A folder of files, one of which is uploaded in parts. */
async function makeFolder(parent: string): Promise<string> {
  const directory = path.join(parent, 'files');
  await mkdir(directory);
  await writeFile(path.join(directory, 'small.json'), '{}');
  await writeFile(path.join(directory, 'large.bin'), randomBytes(2 * LARGE_BYTES));
  return directory;
}

/** https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
const parentOf = async (pid: number): Promise<number> =>
  Number(/^PPid:\s*(\d+)$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
