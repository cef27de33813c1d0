/**
 * The stack of the run, with a fleet and a host of its own, all through the commands that users have. Only one lab may run at a time, because labs
 * share queue and bucket.
 */
import { copyFile, mkdtemp, readlink, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { DeleteMessageBatchCommand, PurgeQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { inject } from 'vitest';
import { makeSqsClient } from '../../../aws/clients.js';
import { chooseStack } from '../../../runner/cli/stack-choice.js';
import type { StackPorts } from '../../../runner/cli/context.js';
import type { FleetDescription, FleetInstance } from '../../../runner/ports.js';
import { clientOptions, connectStack } from '../../../runner/wiring/stack-ports.js';
import { type RunningCli, runCli, startCli } from '../../support/cli.js';
import { eventually } from '../../support/eventually.js';
import { faultyRecords } from '../../support/lab-records.js';
import { processesBelow, StackLab, type StackLabSite } from '../../support/stack-lab.js';
import { STACK_NAME } from './cdk.js';
import type {} from './deployment.js';
import { emulatorUnderTest, environmentOf, type EmulatorUnderTest } from './emulator.js';
import { lastOutputs } from './take-down.js';

export interface EmulatorLabOptions {
  /** A short lease runs out during a test; a long one does not. SQS counts whole seconds. */
  readonly leaseSeconds: number;
  readonly maxIdleSeconds?: number;
  /** The outputs of another stack than the run's. */
  readonly stackFile?: string;
  /** The length of the notice for an instance that is terminated in EC2. When absent, there is no notice. */
  readonly noticeSeconds?: number;
}

/** All tests of the machine share the emulator, so it may be slow. A test waits no longer than this for a fact. */
const FACT_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 200;
/** A worker polls for 2 s at most, and moto keeps a poll up to a second longer. */
const LONGEST_POLL_SECONDS = 5;

export class EmulatorLab extends StackLab {
  readonly ports: StackPorts;

  readonly #host: RunningCli;
  readonly #earlier: ReadonlySet<string>;

  private constructor(
    site: StackLabSite,
    readonly emulator: EmulatorUnderTest,
    host: RunningCli,
    earlier: ReadonlySet<string>,
  ) {
    super(site);
    this.#host = host;
    this.#earlier = earlier;
    this.ports = connectStack(site.stack);
  }

  static async start(options: EmulatorLabOptions): Promise<EmulatorLab> {
    const emulator = emulatorUnderTest();
    const cliEnv = environmentOf(emulator);
    const deployment = inject('deployment');
    const directory = await realpath(await mkdtemp(path.join(deployment.directory, 'lab-')));
    const stackFile = path.join(directory, 'cdk-outputs.json');
    if (emulator.name === 'localstack') await copyFile(options.stackFile ?? deployment.stackFile, stackFile);
    const made = await runCli(fleetArguments(emulator, stackFile, options), { cwd: directory, env: cliEnv });
    if (made.code !== 0) throw new Error(`Could not make the fleet: ${made.stdout}${made.stderr}`);
    if (options.stackFile === undefined) await copyFile(stackFile, lastOutputs(deployment.directory));
    const { config } = await chooseStack({ stack: stackFile }, { env: cliEnv, cwd: directory });
    const stack = { credentials: emulator.credentials, ...config };
    const { instances } = await connectStack(stack).fleet.describe(AbortSignal.timeout(FACT_WITHIN_MS));
    const notice = options.noticeSeconds === undefined ? [] : ['--notice', String(options.noticeSeconds)];
    const host = startCli(
      ['emulator', 'host', '--stack', stackFile, '--directory', path.join(directory, 'host'), ...notice, '--json'],
      { cwd: directory, env: cliEnv },
    );
    const site = { directory, stack, stackFile, cliEnv };
    return new EmulatorLab(site, emulator, host, new Set(instances.map(({ instance }) => instance)));
  }

  /** Waits for a fact, with a deadline. It asks less often than `eventually` does by default, to spare the emulator. */
  soon<T>(what: string, probe: () => T | Promise<T>): Promise<NonNullable<T>> {
    return eventually(probe, { what, timeoutMs: FACT_WITHIN_MS, everyMs: LOOK_EVERY_MS });
  }

  /** Returns the fleet with the instances of this lab only, because emulators never forget terminated instances. */
  async fleet(): Promise<FleetDescription> {
    const fleet = await this.ports.fleet.describe(AbortSignal.timeout(FACT_WITHIN_MS));
    return { ...fleet, instances: fleet.instances.filter(({ instance }) => !this.#earlier.has(instance)) };
  }

  async running(): Promise<readonly FleetInstance[]> {
    return (await this.fleet()).instances.filter(({ state }) => state === 'running');
  }

  /** Returns the instance of a process, whose working directory is below that of the instance. */
  async instanceOf(pid: number): Promise<string> {
    const cwd = await readlink(`/proc/${pid}/cwd`);
    const [instance] = path.relative(path.join(this.directory, 'host', 'instances'), cwd).split(path.sep);
    if (instance === undefined || !instance.startsWith('i-')) throw new Error(`Process ${pid} works in ${cwd}.`);
    return instance;
  }

  /** Terminates an instance in EC2. The host notices, and gives the worker its notice. */
  async terminate(instance: string): Promise<void> {
    await this.ports.instances.terminate([instance], AbortSignal.timeout(FACT_WITHIN_MS));
  }

  /** Kills the worker and its slots at once, as a loss of power does. */
  killWorker(instance: string): void {
    const up = this.#host.events.find((event) => event['event'] === 'instance-up' && event['instance'] === instance);
    if (up === undefined) throw new Error(`The host has not reported ${instance}: ${this.#host.stdout}`);
    process.kill(-Number(up['pid']), 'SIGKILL');
  }

  /** The output of the host, for the message of a failure. */
  get hostSaid(): string {
    return this.#host.stdout + this.#host.stderr;
  }

  async keys(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.store.list(prefix, { signal: AbortSignal.timeout(FACT_WITHIN_MS) }))
      keys.push(key);
    return keys;
  }

  async json(key: string): Promise<Record<string, unknown>> {
    const object = await this.store.get(key, { signal: AbortSignal.timeout(FACT_WITHIN_MS) });
    if (object === undefined) throw new Error(`The object ${key} does not exist.`);
    return JSON.parse(Buffer.from(object.body).toString()) as Record<string, unknown>;
  }

  /** Sets the target to 0, ends all instances and empties the queue. Fails when a process of an instance has outlived its host. */
  async close(): Promise<void> {
    await this.killCommands();
    const faults = await faultyRecords(this.stack);
    await this.setTarget(0);
    const live = (await this.fleet()).instances.filter(({ state }) => state !== 'terminated');
    await this.ports.instances.terminate(
      live.map(({ instance }) => instance),
      AbortSignal.timeout(FACT_WITHIN_MS),
    );
    this.#host.child.kill('SIGINT');
    await this.#host.exited;
    await this.#emptyQueues();
    const left = await processesBelow(this.directory);
    for (const { pid } of left) process.kill(pid, 'SIGKILL');
    await rm(this.directory, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`Processes outlived their host: ${JSON.stringify(left)}`);
    if (faults.length > 0) throw new Error(faults.join('\n'));
  }

  /**
   * Empties the queues. An emulator does not see that the client of a long poll is gone, so that the poll would still take a message of the next lab, with
   * the lease of this lab. A longer poll that ends empty proves that all polls of this lab's workers have ended.
   */
  async #emptyQueues(): Promise<void> {
    const sqs = makeSqsClient(clientOptions(this.stack));
    const { queueUrl: QueueUrl, deadLetterQueueUrl } = this.stack;
    try {
      for (const url of [QueueUrl, deadLetterQueueUrl]) {
        // A queue is purged once in 60 s, on moto as on AWS.
        await sqs.send(new PurgeQueueCommand({ QueueUrl: url })).catch((error: unknown) => {
          if (!/PurgeQueueInProgress/.test((error as Error).name)) throw error;
        });
      }
      for (;;) {
        const poll = new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: LONGEST_POLL_SECONDS,
        });
        const { Messages = [] } = await sqs.send(poll);
        if (Messages.length === 0) return;
        const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
        await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
      }
    } finally {
      sqs.destroy();
    }
  }
}

/** A deploy to LocalStack makes everything but a fleet. moto's CloudFormation does not accept the stack at all. */
function fleetArguments(
  { name }: EmulatorUnderTest,
  stackFile: string,
  { leaseSeconds, maxIdleSeconds }: EmulatorLabOptions,
): readonly string[] {
  const worker = ['--lease-seconds', String(leaseSeconds)];
  if (maxIdleSeconds !== undefined) worker.push('--max-idle-seconds', String(maxIdleSeconds));
  const what =
    name === 'localstack'
      ? ['emulator', 'fleet', 'create']
      : ['emulator', 'stack', 'create', '--name', STACK_NAME.toLowerCase(), '--max-workers', '4'];
  return [...what, '--stack', stackFile, ...worker, '--json'];
}
