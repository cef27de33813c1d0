/**
 * A stack under test on any cloud, with the real CLI, its bucket and its queue. The labs (lab.ts, test/emulators/support/) create the stack
 * and give its instances processes.
 */
import { readdir, readlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { makeEc2Client, makeS3Client, makeSqsClient } from '../../aws/clients.js';
import { makeFleet } from '../../aws/fleet.js';
import { S3ObjectStore } from '../../aws/s3-object-store.js';
import type { ObjectStore } from '../../core/contract/object-store.js';
import type { StackConfig } from '../../core/contract/stack.js';
import { clientOptions } from '../../runner/wiring/stack-ports.js';
import { runCli, startCli, type CliResult, type RunningCli } from './cli.js';
import { eventually } from './eventually.js';

export interface JobStatusJson {
  readonly job: string;
  readonly state: string;
  readonly reason?: string;
  readonly batches: { readonly total: number; readonly done: number; readonly failed: number };
  readonly items: { readonly total: number; readonly ok: number; readonly failed: number };
  readonly fleet: { readonly target: number; readonly running: number };
}

export interface StackLabSite {
  /** The working directory of commands, which also holds the stack's file. */
  readonly directory: string;
  readonly stack: StackConfig;
  readonly stackFile: string;
  /** Environment variables of every command. */
  readonly cliEnv: Readonly<Record<string, string>>;
}

/** Tests use a fixed shape, because the result of `auto` depends on the machine. A test of `auto` asks for it. */
export const ONE_BY_ONE = ['--slots', '1', '--concurrency', '1'];

export class StackLab {
  readonly store: ObjectStore;
  readonly #running = new Set<RunningCli>();

  readonly #site: StackLabSite;

  constructor(site: StackLabSite) {
    this.#site = site;
    this.store = new S3ObjectStore(makeS3Client(clientOptions(site.stack)), site.stack.bucket);
  }

  get directory(): string {
    return this.#site.directory;
  }

  get stack(): StackConfig {
    return this.#site.stack;
  }

  get stackFile(): string {
    return this.#site.stackFile;
  }

  async file(name: string, content: string): Promise<string> {
    const file = path.join(this.directory, name);
    await writeFile(file, content);
    return file;
  }

  cli(args: readonly string[]): Promise<CliResult> {
    return runCli([...args, '--stack', this.stackFile], { cwd: this.directory, env: this.#site.cliEnv });
  }

  startCli(args: readonly string[]): RunningCli {
    const cli = startCli([...args, '--stack', this.stackFile], { cwd: this.directory, env: this.#site.cliEnv });
    this.#running.add(cli);
    void cli.exited.finally(() => this.#running.delete(cli));
    return cli;
  }

  /** Stops the commands that `startCli` started and that a failed test has left behind. */
  async killCommands(): Promise<void> {
    const left = [...this.#running];
    for (const { child } of left) child.kill('SIGKILL');
    await Promise.all(left.map(({ exited }) => exited));
  }

  async submit(args: readonly string[]): Promise<string> {
    const result = await this.cli(['submit', ...ONE_BY_ONE, ...args, '--json']);
    if (result.code !== 0) throw new Error(`submit ended with ${result.code}: ${result.stdout}${result.stderr}`);
    return (JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '') as { job: string }).job;
  }

  async status(job: string): Promise<JobStatusJson> {
    const result = await this.cli(['status', job, '--json']);
    return JSON.parse(result.stdout) as JobStatusJson;
  }

  async results(job: string): Promise<Record<string, unknown>[]> {
    const result = await this.cli(['results', job, '--out', '-']);
    return result.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Sets the fleet's target directly, without a controller. */
  async setTarget(target: number): Promise<void> {
    const client = makeEc2Client(clientOptions(this.stack));
    const fleet = makeFleet(client, this.stack);
    try {
      await eventually(async () => (await fleet.setTarget(target, AbortSignal.timeout(10_000))) === 'accepted');
    } finally {
      client.destroy();
    }
  }

  /** The queue's counters, which are exact on the local cloud. */
  async counts(queueUrl = this.stack.queueUrl): Promise<{ visible: number; inFlight: number }> {
    const client = makeSqsClient(clientOptions(this.stack));
    try {
      const { Attributes: attributes = {} } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
      );
      return {
        visible: Number(attributes['ApproximateNumberOfMessages']),
        inFlight: Number(attributes['ApproximateNumberOfMessagesNotVisible']),
      };
    } finally {
      client.destroy();
    }
  }
}

/** The processes whose working directory is below a directory, such as an instance's. This works on Linux only. */
export async function processesBelow(directory: string): Promise<{ pid: number; cwd: string }[]> {
  if (process.platform !== 'linux') return [];
  const found: { pid: number; cwd: string }[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const cwd = await readlink(`/proc/${entry}/cwd`).catch(() => '');
    if (cwd.startsWith(directory)) found.push({ pid: Number(entry), cwd });
  }
  return found;
}
