/**
 * The contenders that empty a queue of batches: the worker, or a loop that it is compared with. Each is a process
 * with one slot.
 */
import { install } from '../../peers/install.js';
import { versionOf } from '../../peers/catalogue.js';
import { type ProcessGroup, startGroup } from '../../support/process-group.js';
import { cpuSecondsOf } from '../../support/usage.js';
import type { LoopSetup } from '../children/loops.js';
import { type BenchCloud, BUCKET, type JobRequest, modelFile, REGION } from './cloud.js';
import { type Busy, busyOf, outputsOf } from './outcomes.js';
import { clientEnvironment, startWorker, untilSaid, untilStarted } from './worker.js';

export interface Running {
  readonly group: ProcessGroup;
  stop(): Promise<void>;
}

export interface Contender {
  readonly title: string;
  start(cloud: BenchCloud, queueUrl: string, model: string): Promise<Running>;
}

const SQS_CONSUMER = { name: 'sqs-consumer', installer: 'npm' } as const;

export const OURS: Contender = {
  title: 'spotpool',
  start: async (cloud, queueUrl) => {
    const worker = await startWorker(cloud, { queueUrl });
    await untilStarted(worker);
    return worker;
  },
};

export const ONE_BY_ONE: Contender = {
  title: 'one-by-one loop',
  start: (cloud, queueUrl, model) => startLoop('one-by-one', cloud, { queueUrl, model, installed: '' }),
};

export const ON_SQS_CONSUMER: Contender = {
  title: `sqs-consumer ${versionOf(SQS_CONSUMER)}`,
  start: async (cloud, queueUrl, model) =>
    startLoop('sqs-consumer', cloud, { queueUrl, model, installed: await install(SQS_CONSUMER) }),
};

async function startLoop(
  role: string,
  cloud: BenchCloud,
  own: Pick<LoopSetup, 'queueUrl' | 'model' | 'installed'>,
): Promise<Running> {
  const setup: LoopSetup = { ...own, bucket: BUCKET, endpoint: cloud.endpoint, region: REGION };
  const group = startGroup({
    file: process.execPath,
    args: [cloud.child, role, JSON.stringify(setup)],
    env: clientEnvironment(cloud),
  });
  await untilSaid(group, 'ready');
  return { group, stop: () => group.stop() };
}

export interface Run extends Busy {
  readonly batches: number;
  readonly batchesPerSecond: number;
  /** The CPU time of the worker's own process, without its slot. */
  readonly workerCpuSeconds: number;
}

/** Runs one job, from an idle process that is ready to an empty queue, and checks the results. */
export async function runJob(cloud: BenchCloud, contender: Contender, job: JobRequest): Promise<Run> {
  const queueUrl = await cloud.makeQueue();
  const running = await contender.start(cloud, queueUrl, modelFile(job.model));
  try {
    const cpuBefore = cpuSecondsOf(running.group.pid);
    const manifest = await cloud.submit(queueUrl, job);
    await cloud.untilEmpty(queueUrl, [running.group]);
    const workerCpuSeconds = cpuSecondsOf(running.group.pid) - cpuBefore;
    const busy = busyOf(await outputsOf(cloud.store, manifest));
    const { batches } = manifest;
    return { ...busy, batches, batchesPerSecond: (batches * 1_000) / busy.wallMs, workerCpuSeconds };
  } finally {
    await running.stop();
    await cloud.dropQueue(queueUrl);
  }
}
