/** A lab that records every call to AWS with its caller. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DeleteScheduleCommand } from '@aws-sdk/client-scheduler';
import { PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { makeEc2Client, makeS3Client, makeSchedulerClient, makeSqsClient } from '../../../aws/clients.js';
import { switchName } from '../../../aws/dead-man-switch.js';
import { S3ObjectStore } from '../../../aws/s3-object-store.js';
import { provisionStack } from '../../../aws/stack-provisioner.js';
import type { LoggedRequest } from '../../../local/api.js';
import { stackFromFields, stacksInFile } from '../../../runner/cli/stack-fields.js';
import { workerVariables } from '../../../runner/local-cloud/options.js';
import { installedFiles } from '../../../runner/local-cloud/paths.js';
import type { ProvisionLocalStack } from '../../../runner/local-cloud/stack.js';
import { localUserData } from '../../../runner/local-cloud/user-data.js';
import { clientOptions } from '../../../runner/wiring/stack-ports.js';
import { invokeController, type Invoked } from '../../support/controller-function.js';
import { Lab } from '../../support/lab.js';
import { machineUserData } from '../machine/provision.js';
import { type Call, callsOfSchedule, needsOf, type Request } from './calls.js';
import { Receiver } from '../../support/receiver.js';
import { INPUT_BUCKET, NAMES, NOTIFY_SECRET_ARN } from './names.js';
import { Front, type OtherRequest } from './other-services.js';
import type { Principal, StackPolicies } from './policies.js';

/** Programs are distinguished by the SDK's user agent, and an instance by its role's access key. */
const APPS: Readonly<Record<'user' | 'controller', string>> = { user: 'cli', controller: 'controller-function' };
const MOST_REQUESTS = 50_000;
const MAX_IDLE_SECONDS = 60;

export class Pool {
  readonly #front: Front;
  /** The address to which the controller posts the ends of jobs. */
  readonly #receiver: Receiver;
  readonly #directory: string;
  readonly #functionEnvironment: Readonly<Record<string, string>>;

  private constructor(
    readonly lab: Lab,
    { front, receiver }: { readonly front: Front; readonly receiver: Receiver },
    directory: string,
    functionEnvironment: Readonly<Record<string, string>>,
  ) {
    this.#front = front;
    this.#receiver = receiver;
    this.#directory = directory;
    this.#functionEnvironment = functionEnvironment;
  }

  /** With `boots` the first instance runs the stack's boot script. Other instances start their worker at once. */
  static async start({ outputs, functionEnvironment }: StackPolicies, { boots = false } = {}): Promise<Pool> {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-permissions-'));
    let front: Front | undefined;
    const receiver = await Receiver.start();
    const lab = await Lab.start({
      maxWorkers: 2,
      maxIdleSeconds: MAX_IDLE_SECONDS,
      cloud: ['--request-log', String(MOST_REQUESTS)],
      cliEnv: { AWS_SDK_UA_APP_ID: APPS.user },
      provision: async (address, options, signal) => {
        front = await Front.start(address.endpoint, { [NOTIFY_SECRET_ARN]: receiver.url });
        return await provision({ directory, boots }, outputs)(
          { ...address, endpoint: front.endpoint },
          options,
          signal,
        );
      },
    });
    if (front === undefined) throw new Error('The lab was not provisioned.');
    return new Pool(lab, { front, receiver }, directory, functionEnvironment);
  }

  /** Invokes the controller function with the environment that the stack gives it. */
  invoke(events: readonly unknown[]): Promise<Invoked> {
    const { queueUrl, fleetId } = this.lab.stack;
    const named = { ...this.#functionEnvironment, SPOTPOOL_QUEUE_URL: queueUrl, SPOTPOOL_FLEET_ID: fleetId };
    return invokeController(this.lab.stack, events, { ...named, ...this.controllerEnv });
  }

  readonly controllerEnv = { AWS_SDK_UA_APP_ID: APPS.controller };

  async purge(): Promise<void> {
    const client = makeSqsClient(clientOptions(this.lab.stack));
    await client.send(new PurgeQueueCommand({ QueueUrl: this.lab.stack.queueUrl }));
    client.destroy();
  }

  /** Deletes the schedule of the switch, as if it had fired. */
  async removeSwitch(): Promise<void> {
    const client = makeSchedulerClient(clientOptions(this.lab.stack));
    await client.send(new DeleteScheduleCommand({ Name: switchName(NAMES.stack), GroupName: NAMES.scheduleGroup }));
    client.destroy();
  }

  /** Puts objects into a bucket of the user. */
  async fillInputBucket(objects: Readonly<Record<string, string>>): Promise<S3Client> {
    const s3 = makeS3Client(clientOptions(this.lab.stack));
    await s3.send(new CreateBucketCommand({ Bucket: INPUT_BUCKET }));
    for (const [Key, Body] of Object.entries(objects)) {
      await s3.send(new PutObjectCommand({ Bucket: INPUT_BUCKET, Key, Body }));
    }
    return s3;
  }

  /** The calls of all principals so far, without those of the test itself. */
  async requests(): Promise<readonly (OtherRequest & { readonly who: Principal })[]> {
    return (await this.#allRequests()).flatMap((request) => {
      const who = whoMade(request);
      return who === undefined ? [] : [{ ...request, who }];
    });
  }

  /** The SDK's calls for a conditional multipart upload: once when no object exists, and once when one exists. */
  async requestsOfUploads(key: string, bytes: number): Promise<readonly Request[]> {
    const client = new S3Client({ ...clientOptions(this.lab.stack), forcePathStyle: true, userAgentAppId: 'upload' });
    const { signal } = new AbortController();
    const store = new S3ObjectStore(client, this.lab.stack.bucket);
    const parts = (): AsyncIterable<Buffer> => Readable.from([Buffer.alloc(bytes)]);
    for (const kind of ['written', 'exists']) {
      const result = await store.upload(key, parts(), { signal, ifNoneMatch: true });
      if (result.kind !== kind) throw new Error(`The upload is ${result.kind}, not ${kind}.`);
    }
    client.destroy();
    return (await this.#allRequests()).filter(({ app }) => app === 'upload');
  }

  async #allRequests(): Promise<readonly OtherRequest[]> {
    const { requests } = (await this.lab.admin('GET', 'requests')) as { requests: LoggedRequest[] };
    if (requests.length >= MOST_REQUESTS) throw new Error('Some requests are not in the log any more.');
    return [...requests, ...this.#front.requests];
  }

  async calls(): Promise<readonly Call[]> {
    const calls = (await this.requests()).flatMap((request) => [
      ...needsOf(request).map((need): Call => ({
        ...need,
        who: request.who,
        request: `${request.service} ${request.action}`,
      })),
      ...callsOfSchedule(request),
    ]);
    const { fleetId } = this.lab.stack;
    return calls.map((call) => ({ ...call, resource: call.resource.replace(fleetId, NAMES.fleet) }));
  }

  async close(): Promise<void> {
    await this.lab.close();
    await this.#front.close();
    await this.#receiver.close();
    await rm(this.#directory, { recursive: true });
  }
}

function whoMade({ app, accessKeyId }: OtherRequest): Principal | undefined {
  if (accessKeyId.startsWith('ASIA')) return 'worker';
  return app === APPS.user ? 'user' : app === APPS.controller ? 'controller' : undefined;
}

/** Creates the lab's stack. Its configuration is read from the CDK stack's outputs, and the lab's own resources replace those of AWS. */
function provision(
  { directory, boots }: { readonly directory: string; readonly boots: boolean },
  outputs: StackPolicies['outputs'],
): ProvisionLocalStack {
  return async ({ endpoint, region, accessKeyId, secretAccessKey }, options, signal) => {
    const credentials = { accessKeyId, secretAccessKey };
    const client = { region, endpoint, credentials };
    const stack = await provisionStack(
      {
        clients: { sqs: makeSqsClient(client), s3: makeS3Client(client), ec2: makeEc2Client(client) },
        name: NAMES.stack,
        fleet: 'ec2-fleet',
        region,
        endpoint,
        credentials,
        maxWorkers: options.maxWorkers,
        instanceProfile: 'worker',
        userData: (made) => {
          const pool = { ...made, endpoint };
          const quick = localUserData({
            ...pool,
            nodePath: process.execPath,
            workerPath: installedFiles().worker,
            lastWordsPath: installedFiles().lastWords,
            worker: workerVariables(options),
          });
          if (!boots) return quick;
          const booted = machineUserData({ directory, maxIdleSeconds: MAX_IDLE_SECONDS }, pool);
          return `#!/bin/sh\nif mkdir '${directory}/first' 2>/dev/null; then\n${body(booted)}\nfi\n${body(quick)}`;
        },
      },
      signal,
    );
    const [fields = {}] = stacksInFile(JSON.stringify(outputs), 'the outputs');
    const { scheduler: _, ...made } = stack;
    return { ...stackFromFields(fields, 'the outputs', {}), ...made };
  };
}

const body = (script: string): string => script.replace(/^#!.*\n/, '');
