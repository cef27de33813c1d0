/**
 * The local cloud of all measurements: a process of its own, with a bucket, queues, and a network with configurable
 * delays.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, DeleteQueueCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { makeS3Client, makeSqsClient } from '../../../aws/clients.js';
import { S3ObjectStore } from '../../../aws/s3-object-store.js';
import { S3SourceObjects } from '../../../aws/source-objects.js';
import { SqsJobQueue } from '../../../aws/sqs-job-queue.js';
import { DEFAULT_JOB_OPTIONS, type JobOptions, type Manifest } from '../../../core/contract/job.js';
import { probeKey } from '../../../core/contract/keys.js';
import { encodeProbeMark } from '../../../core/contract/probe-mark.js';
import { SPOTPOOL_VERSION } from '../../../core/contract/version.js';
import type { SlotPace } from '../../../core/dataset/paced-sizes.js';
import { submitJob } from '../../../runner/submit/submit-job.js';
import { systemClock } from '../../../runner/wiring/clock.js';
import { askAdmin, startLocalCloudProcess } from '../../support/local-cloud.js';
import type { ProcessGroup } from '../../support/process-group.js';

export const REGION = 'us-east-1';
export const BUCKET = 'bench';

/** The milliseconds before each reply. */
export interface Latency {
  readonly name: string;
  readonly sqsMs: number;
  readonly s3Ms: number | readonly [number, number];
}

export const NO_LATENCY: Latency = { name: 'no latency', sqsMs: 0, s3Ms: 0 };
export const REAL_LATENCY: Latency = { name: 'S3 30 ms, SQS 10 ms', sqsMs: 10, s3Ms: 30 };

export interface LoggedRequest {
  readonly at: string;
  readonly service: string;
  readonly action: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface JobRequest {
  /** A file of items, or s3://bucket/prefix/. */
  readonly dataset: string;
  /** The name of a file in bench/throughput/models/. */
  readonly model: string;
  /** By default `submit` chooses it. */
  readonly batchItems?: number;
  /** The pace that a trial would have measured, and the slots that may come. */
  readonly pace?: SlotPace;
  /** The default is one slot with one slice at a time. */
  readonly options?: Partial<JobOptions>;
}

/** No measurement makes more requests. */
const REQUESTS_KEPT = 50_000;
/** This is long enough for peers that never extend a lease. */
const QUEUE_VISIBILITY_SECONDS = 3_600;
/** Nothing here takes as long, so a queue that is not empty by then never will be. */
const EMPTY_TIMEOUT_MS = 300_000;

export class BenchCloud {
  readonly sqs: SQSClient;
  readonly s3: S3Client;
  readonly store: S3ObjectStore;
  readonly scratch = mkdtempSync(path.join(os.tmpdir(), 'spotpool-bench-'));
  readonly #removeScratch = (): void => rmSync(this.scratch, { recursive: true, force: true });
  #queues = 0;
  #paced = 0;

  readonly #group: ProcessGroup;

  private constructor(
    readonly endpoint: string,
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string },
    group: ProcessGroup,
    /** The path of the bundle of child.ts. */
    readonly child: string,
  ) {
    this.#group = group;
    const options = { region: REGION, endpoint, credentials };
    this.sqs = makeSqsClient(options);
    this.s3 = makeS3Client(options);
    this.store = new S3ObjectStore(this.s3, BUCKET);
    process.once('exit', this.#removeScratch);
  }

  static async start(child = path.join(import.meta.dirname, 'child.mjs')): Promise<BenchCloud> {
    const { endpoint, credentials, group } = await startLocalCloudProcess({
      args: ['--request-log', String(REQUESTS_KEPT)],
    });
    const cloud = new BenchCloud(endpoint, credentials, group, child);
    await cloud.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    return cloud;
  }

  get pid(): number {
    return this.#group.pid;
  }

  async close(): Promise<void> {
    this.sqs.destroy();
    this.s3.destroy();
    await this.#group.stop();
    process.off('exit', this.#removeScratch);
    this.#removeScratch();
  }

  /** Sets the delays of all later requests. */
  async slowDown({ sqsMs, s3Ms }: Latency): Promise<void> {
    await this.admin('DELETE', 'faults');
    for (const [service, delayMs] of Object.entries({ sqs: sqsMs, s3: s3Ms })) {
      if (delayMs !== 0) await this.admin('POST', 'faults', { service, fault: 'slow', delayMs });
    }
  }

  async admin(method: string, route: string, body?: unknown): Promise<unknown> {
    const response = await askAdmin(this, route, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** Returns the requests since `forgetRequests`. */
  async requests(): Promise<readonly LoggedRequest[]> {
    const { requests } = (await this.admin('GET', 'requests')) as { readonly requests: readonly LoggedRequest[] };
    return requests;
  }

  async forgetRequests(): Promise<void> {
    await this.admin('DELETE', 'requests');
  }

  async makeQueue(): Promise<string> {
    const { QueueUrl = '' } = await this.sqs.send(
      new CreateQueueCommand({
        QueueName: `bench-${(this.#queues += 1)}`,
        Attributes: { VisibilityTimeout: String(QUEUE_VISIBILITY_SECONDS) },
      }),
    );
    return QueueUrl;
  }

  async dropQueue(QueueUrl: string): Promise<void> {
    await this.sqs.send(new DeleteQueueCommand({ QueueUrl }));
  }

  /** Writes a file of items, one JSON line each. */
  writeDataset(name: string, items: Iterable<unknown>): string {
    const file = path.join(this.scratch, name);
    writeFileSync(file, [...items].map((item) => `${JSON.stringify(item)}\n`).join(''));
    return file;
  }

  /** Submits a job as `spotpool submit` does; `onEnqueue` is called before the first message is sent. */
  async submit(
    queueUrl: string,
    { dataset, model, batchItems, options, pace }: JobRequest,
    onEnqueue: () => void = () => undefined,
  ): Promise<Manifest> {
    const paced = pace === undefined ? {} : { slots: pace.slots, id: await this.#putPace(pace) };
    const { manifest } = await submitJob(
      {
        dataset: { arguments: [dataset], cwd: process.cwd() },
        model: { argument: modelFile(model), cwd: process.cwd(), searchPath: process.env['PATH'] ?? '' },
        sizes: batchItems === undefined ? {} : { batchItems },
        options: { ...DEFAULT_JOB_OPTIONS, slots: 1, concurrency: 1, ...options },
        ...paced,
        createdBy: 'bench',
        versions: { spotpool: SPOTPOOL_VERSION, node: process.versions.node },
      },
      {
        store: this.store,
        queue: new SqsJobQueue(this.sqs, queueUrl),
        sources: new S3SourceObjects(this.s3),
        clock: systemClock,
        random: Math.random,
      },
      {
        onEvent: (event) => {
          if (event.code === 'enqueueing' && event.sent === 0) onEnqueue();
        },
        signal: new AbortController().signal,
      },
    );
    return manifest;
  }

  /** Leaves what a trial leaves. Returns the id of the job. */
  async #putPace({ msPerItem }: SlotPace): Promise<string> {
    const id = `paced-${(this.#paced += 1)}`;
    const trial = { items: 1, msPerItem, loadMs: 0, memoryBytes: 0, machine: 'bench', at: new Date().toISOString() };
    const { signal } = new AbortController();
    await this.store.put(probeKey(id), encodeProbeMark({ version: 1, ...trial }), { signal });
    return id;
  }

  /** Returns the number of messages in the queue, visible or in flight; the local cloud counts exactly. */
  async queued(queueUrl: string): Promise<number> {
    const counts = await new SqsJobQueue(this.sqs, queueUrl).counts(new AbortController().signal);
    return counts.visible + counts.inFlight;
  }

  /** Fails when one of the workers that empty the queue has ended. */
  async untilEmpty(queueUrl: string, workers: readonly ProcessGroup[], everyMs = 50): Promise<void> {
    const deadlineMs = Date.now() + EMPTY_TIMEOUT_MS;
    while ((await this.queued(queueUrl)) > 0) {
      const ended = workers.find((worker) => worker.hasEnded());
      if (ended !== undefined)
        throw new Error(`The worker ended before its work was done: ${ended.output().slice(-2_000)}`);
      if (Date.now() > deadlineMs) throw new Error('The queue did not become empty in time.');
      await delay(everyMs);
    }
  }
}

export const modelFile = (name: string): string => path.resolve('bench/throughput/models', name);
