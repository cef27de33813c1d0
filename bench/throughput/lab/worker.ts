/**
 * The worker as an instance runs it: the bundled program in a process group of its own, with the benchmark's
 * metadata service.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lastLines, type ProcessGroup, startGroup } from '../../support/process-group.js';
import { type BenchCloud, BUCKET, REGION } from './cloud.js';
import { type BenchMetadata, startMetadata } from './metadata.js';

export interface BenchWorker {
  readonly group: ProcessGroup;
  readonly metadata: BenchMetadata;
  stop(): Promise<void>;
}

export interface WorkerStart {
  readonly queueUrl: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Another build of the worker's program. */
  readonly program?: string;
}

const START_TIMEOUT_MS = 30_000;
let started = 0;

/** Resolves immediately; `untilStarted` waits until the worker runs. */
export async function startWorker(cloud: BenchCloud, start: WorkerStart): Promise<BenchWorker> {
  const instance = `i-${String((started += 1)).padStart(17, '0')}`;
  const metadata = await startMetadata(instance);
  const directory = path.join(cloud.scratch, instance);
  mkdirSync(directory);
  const group = startGroup({
    file: process.execPath,
    args: [start.program ?? path.resolve('dist/bundle/worker.mjs')],
    cwd: directory,
    env: {
      ...clientEnvironment(cloud),
      SPOTPOOL_QUEUE_URL: start.queueUrl,
      SPOTPOOL_BUCKET: BUCKET,
      SPOTPOOL_ENDPOINT: cloud.endpoint,
      SPOTPOOL_WORK_DIRECTORY: directory,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.endpoint,
      ...start.env,
    },
  });
  const stop = async (): Promise<void> => {
    await group.stop();
    await metadata.close();
  };
  return { group, metadata, stop };
}

export const clientEnvironment = ({ credentials }: BenchCloud): Readonly<Record<string, string>> => ({
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
});

/** Waits until the program has printed the text. */
export async function untilSaid(group: ProcessGroup, text: string): Promise<void> {
  const deadlineMs = Date.now() + START_TIMEOUT_MS;
  while (!group.stdout().includes(text)) {
    if (group.hasEnded()) throw new Error(`The program ended before it printed ${text}: ${lastLines(group.output())}`);
    if (Date.now() > deadlineMs)
      throw new Error(`The program did not print ${text} in time: ${lastLines(group.output())}`);
    await delay(5);
  }
}

export const untilStarted = ({ group }: BenchWorker): Promise<void> => untilSaid(group, '"worker-started"');
