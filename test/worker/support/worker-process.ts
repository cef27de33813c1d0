/** Runs real worker processes on the local cloud's SQS and S3, with instance metadata that the test controls. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { build } from 'esbuild';
import * as tar from 'tar';
import { makeS3Client, makeSqsClient } from '../../../aws/clients.js';
import { S3ObjectStore } from '../../../aws/s3-object-store.js';
import { encodeBatchMessage } from '../../../core/contract/batch-message.js';
import type { WorkerEvent } from '../../../core/contract/events.js';
import { DEFAULT_JOB_OPTIONS, type JobOptions, type Manifest, type ModelStart } from '../../../core/contract/job.js';
import { inputPartKey, manifestKey, modelBundleKey } from '../../../core/contract/keys.js';
import { startServer } from '../../../local/http/server.js';
import { createS3Service } from '../../../local/s3/service.js';
import { createSqsService } from '../../../local/sqs/service.js';
import { SqsStore } from '../../../local/sqs/store.js';

const REGION = 'us-east-1';
const BUCKET = 'stack';
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
const { signal } = new AbortController();
const banner = {
  js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
};
const source = (file: string): string => fileURLToPath(new URL(`../../../worker/${file}`, import.meta.url));

export interface RunningWorker {
  readonly process: ChildProcess;
  readonly events: WorkerEvent[];
  /** The exit code, or the signal that ended the process. */
  readonly ended: Promise<number | string>;
  stderr: string;
}

export class WorkerCloud {
  readonly store: S3ObjectStore;
  readonly #workers: RunningWorker[] = [];
  #started = 0;

  readonly #sqs: SQSClient;
  readonly #queueUrl: string;
  readonly #directory: string;
  readonly #closeServer: () => Promise<void>;

  private constructor(
    readonly endpoint: string,
    sqs: SQSClient,
    s3: S3Client,
    queueUrl: string,
    directory: string,
    closeServer: () => Promise<void>,
  ) {
    this.#sqs = sqs;
    this.#queueUrl = queueUrl;
    this.#directory = directory;
    this.#closeServer = closeServer;
    this.store = new S3ObjectStore(s3, BUCKET);
  }

  static async start(): Promise<WorkerCloud> {
    const directory = await mkdtemp(path.join(tmpdir(), 'spotpool-worker-test-'));
    const bundled = { bundle: true, platform: 'node', format: 'esm', target: 'node20', banner } as const;
    await Promise.all([
      build({ ...bundled, entryPoints: [source('main.ts')], outfile: path.join(directory, 'worker.mjs') }),
      build({ ...bundled, entryPoints: [source('host/main.ts')], outfile: path.join(directory, 'host.mjs') }),
      cp(fileURLToPath(new URL('../../../python', import.meta.url)), path.join(directory, 'python'), {
        recursive: true,
      }),
    ]);
    const sqsStore = new SqsStore({ region: REGION });
    const services = {
      sqs: createSqsService({ store: sqsStore }),
      s3: createS3Service({ directory: path.join(directory, 'objects'), region: REGION }),
    };
    const server = await startServer(services, { port: 0 });
    const options = { region: REGION, endpoint: server.endpoint, credentials: CREDENTIALS };
    const sqs = makeSqsClient(options);
    const s3 = makeS3Client(options);
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'work' }));
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    return new WorkerCloud(server.endpoint, sqs, s3, QueueUrl, directory, async () => {
      sqs.destroy();
      s3.destroy();
      await server.close();
      sqsStore.close();
    });
  }

  async close(): Promise<void> {
    await this.endWorkers();
    await this.#closeServer();
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Ends SQS and S3, as if their process was killed. */
  async cutOff(): Promise<void> {
    await this.#closeServer();
  }

  async endWorkers(): Promise<void> {
    for (const worker of this.#workers.splice(0)) {
      worker.process.kill('SIGKILL');
      await worker.ended;
    }
  }

  /** Submits a job of one part whose items are numbers. The model is the text of a module. */
  async submit(
    job: string,
    model: string,
    batches: number,
    itemsPerBatch: number,
    options?: Partial<JobOptions>,
  ): Promise<void> {
    const start = { kind: 'module', entry: 'model.mjs' } as const;
    await this.submitFiles(job, { files: { 'model.mjs': model }, start }, batches, itemsPerBatch, options);
  }

  /** Submits a job whose model consists of these files. */
  async submitFiles(
    job: string,
    { files, start }: { readonly files: Readonly<Record<string, string>>; readonly start: ModelStart },
    batches: number,
    itemsPerBatch: number,
    options?: Partial<JobOptions>,
  ): Promise<void> {
    const folder = path.join(this.#directory, `model-${job}`);
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text);
    }
    const file = `${folder}.tar.gz`;
    await tar.create({ gzip: true, cwd: folder, file }, ['.']);
    const digest = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    await this.store.upload(modelBundleKey(digest), createReadStream(file), { signal });
    const manifest: Manifest = {
      version: 1,
      job,
      dataset: { name: 'd', digest: 'd', kind: 'lines', items: batches * itemsPerBatch, bytes: 0, badItems: 0 },
      model: { name: Object.keys(files)[0] ?? job, digest, start },
      options: { ...DEFAULT_JOB_OPTIONS, ...options },
      batches,
      createdAt: '2026-01-01T00:00:00.000Z',
      createdBy: '',
      versions: { spotpool: '0.0.0', node: '20' },
    };
    const stored = JSON.stringify(manifest);
    const manifestDigest = createHash('sha256').update(stored).digest('hex');
    await this.store.put(manifestKey(job), stored, { signal });
    const key = inputPartKey(job, 0);
    let part = '';
    for (let batch = 0; batch < batches; batch += 1) {
      const startByte = part.length;
      const firstIndex = batch * itemsPerBatch;
      for (let n = 0; n < itemsPerBatch; n += 1) part += `${firstIndex + n}\n`;
      const where = { key, startByte, endByte: part.length, firstIndex, items: itemsPerBatch };
      const body = encodeBatchMessage({ job, manifestDigest, batch, ...where });
      await this.store.put(key, part, { signal });
      await this.#sqs.send(
        new SendMessageCommand({ QueueUrl: this.#queueUrl, MessageBody: body, MessageGroupId: job }),
      );
    }
  }

  startWorker(metadata: FakeMetadata, variables: Readonly<Record<string, string>> = {}): RunningWorker {
    const child = spawn(process.execPath, [path.join(this.#directory, 'worker.mjs')], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        AWS_REGION: REGION,
        AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
        SPOTPOOL_QUEUE_URL: this.#queueUrl,
        SPOTPOOL_BUCKET: BUCKET,
        SPOTPOOL_ENDPOINT: this.endpoint,
        SPOTPOOL_WORK_DIRECTORY: path.join(this.#directory, `work-${this.#started++}`),
        AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.endpoint,
        ...variables,
      },
    });
    const events: WorkerEvent[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => events.push(JSON.parse(line) as WorkerEvent));
    const ended = once(child, 'close').then(([code, name]) => (code ?? name) as number | string);
    const worker: RunningWorker = { process: child, events, ended, stderr: '' };
    child.stderr.on('data', (chunk: Buffer) => (worker.stderr += chunk.toString()));
    this.#workers.push(worker);
    return worker;
  }

  /** The local SQS counts exactly. */
  async counts(): Promise<{ readonly visible: number; readonly inFlight: number }> {
    const reply = await this.#sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: this.#queueUrl, AttributeNames: ['All'] }),
    );
    return {
      visible: Number(reply.Attributes?.ApproximateNumberOfMessages),
      inFlight: Number(reply.Attributes?.ApproximateNumberOfMessagesNotVisible),
    };
  }

  async lines(key: string): Promise<unknown[]> {
    const stored = await this.store.get(key, { signal });
    const text = Buffer.from(stored?.body ?? [])
      .toString()
      .trimEnd();
    return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as unknown);
  }

  async keys(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.store.list(prefix, { signal })) keys.push(key);
    return keys;
  }
}

/** One instance's metadata (IMDSv2), which shows a notice when the test says so. */
export class FakeMetadata {
  takesAt: Date | undefined;

  readonly #server: http.Server;

  private constructor(
    server: http.Server,
    readonly endpoint: string,
  ) {
    this.#server = server;
  }

  static async start(instance: string): Promise<FakeMetadata> {
    const server = http.createServer((request, response) => {
      if (request.method === 'PUT') {
        response.end('token');
        return;
      }
      const values: Record<string, string | undefined> = {
        'instance-id': instance,
        'instance-type': 'c7g.large',
        'placement/availability-zone': `${REGION}a`,
        'placement/region': REGION,
        'spot/instance-action':
          metadata.takesAt && JSON.stringify({ action: 'terminate', time: metadata.takesAt.toISOString() }),
      };
      const value = values[(request.url ?? '').replace('/latest/meta-data/', '')];
      response.writeHead(value === undefined ? 404 : 200).end(value);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const metadata = new FakeMetadata(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return metadata;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
