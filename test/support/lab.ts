/**
 * A whole stack for one test file: the local cloud as a process, with a queue, a bucket and a fleet, and the real CLI and workers.
 * No controller runs unless a test starts one (`run`, `watch`, or `control`).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readlink, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { definedFields } from '../../core/defined-fields.js';
import { basicAuthorization } from '../../local/http/basic.js';
import type { ProvisionLocalStack } from '../../runner/local-cloud/stack.js';
import { provisionLocalStack } from '../../runner/wiring/local-stack.js';
import { projectRoot } from './cli.js';
import { faultyRecords } from './lab-records.js';
import { processesBelow, StackLab, type StackLabSite } from './stack-lab.js';

export interface LabOptions {
  /** Command-line options of the local cloud's process. */
  readonly cloud?: readonly string[];
  /** The lease, in whole seconds as SQS counts. It is short, so that a test sees leases expire. */
  readonly leaseSeconds?: number;
  readonly maxIdleSeconds?: number;
  readonly maxWorkers?: number;
  /** The stand-in GPUs of each instance. */
  readonly gpus?: number;
  /** Creates the stack. The default does it as `run --local` does. */
  readonly provision?: ProvisionLocalStack;
  /** Environment variables of every CLI command. */
  readonly cliEnv?: Readonly<Record<string, string>>;
}

export interface CloudInstance {
  readonly id: string;
  readonly state: string;
  readonly pid?: number;
  readonly directory: string;
}

export class Lab extends StackLab {
  readonly #cloud: ChildProcess;

  private constructor(site: StackLabSite, cloud: ChildProcess) {
    super(site);
    this.#cloud = cloud;
  }

  static async start(options: LabOptions = {}): Promise<Lab> {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-lab-'));
    const cloud = spawn(
      process.execPath,
      [
        path.join(projectRoot, 'dist/local/main.js'),
        '--end-with-stdin',
        '--directory',
        path.join(directory, 'cloud'),
        ...(options.cloud ?? []),
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const lines = readline.createInterface({ input: cloud.stdout });
    const [ready] = (await once(lines, 'line')) as [string];
    const { endpoint, region, accessKeyId, secretAccessKey } = JSON.parse(ready) as Record<string, string>;
    if (!endpoint || !region || !accessKeyId || !secretAccessKey) throw new Error(`The local cloud said: ${ready}`);
    const stack = await (options.provision ?? provisionLocalStack)(
      { endpoint, region, accessKeyId, secretAccessKey, pid: cloud.pid ?? 0 },
      {
        reclaims: [],
        maxWorkers: options.maxWorkers ?? 4,
        leaseSeconds: options.leaseSeconds ?? 3,
        ...definedFields({ maxIdleSeconds: options.maxIdleSeconds, gpus: options.gpus }),
      },
      AbortSignal.timeout(30_000),
    );
    const stackFile = path.join(directory, 'stack.json');
    await writeFile(stackFile, JSON.stringify(stack));
    return new Lab({ directory, stack, stackFile, cliEnv: options.cliEnv ?? {} }, cloud);
  }

  async instances(): Promise<readonly CloudInstance[]> {
    const state = (await this.admin('GET', 'state')) as { instances: CloudInstance[] };
    return state.instances;
  }

  async running(): Promise<readonly CloudInstance[]> {
    return (await this.instances()).filter((instance) => instance.state === 'running');
  }

  /** The instance of a process. The process's working directory is below its instance's directory. */
  async instanceOf(pid: number): Promise<string> {
    const cwd = await readlink(`/proc/${pid}/cwd`);
    const instance = (await this.instances()).find(({ directory }) => cwd.startsWith(directory));
    if (instance === undefined) throw new Error(`Process ${pid} works in ${cwd}, which is no instance's directory.`);
    return instance.id;
  }

  /** Reclaims an instance with a notice of so many milliseconds. Null means no notice. */
  async reclaim(instance: string, noticeMs: number | null): Promise<void> {
    await this.admin('POST', `instances/${instance}/reclaim`, { noticeMs });
  }

  async admin(method: string, route: string, body?: unknown): Promise<unknown> {
    const { endpoint, credentials } = this.stack;
    const response = await fetch(`${endpoint}/_local/${route}`, {
      method,
      headers: credentials === undefined ? {} : { authorization: basicAuthorization(credentials) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** Stops everything. Throws when a process of an instance has outlived the cloud. */
  async close(): Promise<void> {
    await this.killCommands();
    const faults = await faultyRecords(this.stack);
    const ended = once(this.#cloud, 'exit');
    this.#cloud.stdin?.end();
    await ended;
    const left = await processesBelow(this.directory);
    for (const { pid } of left) process.kill(pid, 'SIGKILL');
    await rm(this.directory, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`Processes outlived the local cloud: ${JSON.stringify(left)}`);
    if (faults.length > 0) throw new Error(faults.join('\n'));
  }
}
