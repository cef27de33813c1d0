/**
 * A stack in memory for tests of commands. Its instances appear as the target says, commit a batch with every tick of the clock, and
 * leave when the target is 0. It needs no AWS, no processes and no waiting.
 */
import { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { type BatchMessage, decodeBatchMessage } from '../../core/contract/batch-message.js';
import type { WorkerEvent } from '../../core/contract/events.js';
import type { Manifest } from '../../core/contract/job.js';
import { enqueuedKey, inputPartKey, jobEventsKey, manifestKey, outcomeKey, planKey } from '../../core/contract/keys.js';
import type { ProbeReport } from '../../core/probe/probe.js';
import { encodePlanLine } from '../../core/dataset/plan.js';
import {
  encodeOutcomeMetadata,
  encodeOutputLine,
  encodeResultLine,
  failedLine,
} from '../../core/contract/result-line.js';
import type { SpotQuotaName } from '../../core/contract/spot-quotas.js';
import type { StackConfig } from '../../core/contract/stack.js';
import { CLAIM_BEAT_MS } from '../../core/contract/submit-claim.js';
import type { CliContext, StackPorts } from '../../runner/cli/context.js';
import { runCommandLine } from '../../runner/cli/program.js';
import type { FleetDescription, FleetInstance, ModelProbe } from '../../runner/ports.js';
import { makeWebPoster } from '../../runner/wiring/web-poster.js';
import { MemoryBucket, MemoryStore } from './memory-store.js';
import { RecordingTerminal } from './recording-terminal.js';

const START_MS = Date.parse('2026-01-01T00:00:00.000Z');

/** The report of a probe without items, of which nothing is told. */
const NOTHING_TRIED: ProbeReport = {
  directory: '/nonexistent',
  prepareMs: 0,
  failures: [],
  results: [],
  slices: [],
  busyMs: 0,
  memoryBytes: 0,
  memoryLimitBytes: 1,
  log: [],
};

export class FakeStack {
  readonly store = new MemoryStore();
  terminal = new RecordingTerminal();
  nowMs = START_MS;
  target = 0;
  cwd = '/';
  instances: readonly FleetInstance[] = [];
  /** The batches that instances still have to commit, by job. */
  readonly undone = new Map<string, number[]>();
  readonly #firstItems = new Map<string, Pick<BatchMessage, 'firstIndex' | 'items'>>();
  /** Called at every tick of the clock. */
  onTick: () => void | Promise<void> = () => undefined;
  quotaVcpus = 1_000;
  /** The vCPUs of other quotas than `quotaVcpus`. */
  gpuQuotas: Partial<Record<SpotQuotaName, number>> = {};
  /** The instances that a teardown has terminated. They shut down until the next tick. */
  readonly terminated: string[] = [];
  readonly interrupt = new AbortController();
  /** Replacements for ports of the stack. */
  broken: Partial<StackPorts> = {};

  /** Tries models on this machine. Tests that need real processes replace it. */
  probe: () => Promise<ModelProbe> = async () => ({ run: async () => NOTHING_TRIED });

  /** The questions to the user at the terminal, and the answer. The answer is undefined when there is no terminal. */
  readonly asked: string[] = [];
  answer: boolean | undefined;

  /** True keeps the instances although the target is 0. */
  staysUp = false;

  config: StackConfig = {
    name: 'fake',
    region: 'us-east-1',
    queueUrl: 'http://127.0.0.1:1/000000000000/q',
    deadLetterQueueUrl: 'http://127.0.0.1:1/000000000000/d',
    bucket: 'bucket',
    fleetId: 'fleet-1',
    maxWorkers: 4,
    scheduler: { roleArn: 'arn:aws:iam::000000000000:role/switch', groupName: 'default' },
  };

  async plantJob(job: string, batches: number, change: Partial<Manifest> = {}): Promise<void> {
    const manifest: Manifest = {
      version: 1,
      job,
      dataset: { name: 'data.jsonl', digest: 'd', kind: 'lines', items: batches * 2, bytes: 100, badItems: 0 },
      model: { name: 'model.ts', digest: 'm', start: { kind: 'module', entry: 'model.mjs' } },
      options: { slots: 1, concurrency: 1, maxAttempts: 3, itemTimeoutSeconds: 60, env: {} },
      batches,
      createdAt: new Date(this.nowMs).toISOString(),
      createdBy: 'tester',
      versions: { spotpool: '0.0.0', node: '20' },
      ...change,
    };
    const { signal } = this.interrupt;
    await this.store.put(manifestKey(job), JSON.stringify(manifest), { signal });
    await this.store.put(enqueuedKey(job), '{}', { signal });
    const numbers = Array.from({ length: batches }, (_, batch) => batch);
    const place = { key: inputPartKey(job, 0), startByte: 0, endByte: 4, items: 2 };
    const plan = numbers.map((batch) => encodePlanLine({ ...place, batch, firstIndex: batch * 2 })).join('');
    await this.store.put(planKey(job), plan, { signal });
    this.undone.set(job, numbers);
  }

  #enqueue(bodies: readonly string[], job: string): void {
    for (const message of bodies.map(decodeBatchMessage)) {
      if (message === undefined) throw new Error('This is no message of a batch.');
      this.#firstItems.set(`${job} ${message.batch}`, message);
      this.undone.set(job, [...(this.undone.get(job) ?? []), message.batch]);
    }
  }

  async commit(job: string, batch: number, failed = 0, givenUp = false): Promise<void> {
    const { firstIndex, items } = this.#firstItems.get(`${job} ${batch}`) ?? { firstIndex: batch * 2, items: 2 };
    const lines = Array.from({ length: items }, (_, item) =>
      item < failed
        ? encodeResultLine(failedLine(firstIndex + item, { code: 'Odd', message: `item ${firstIndex + item} is odd` }))
        : encodeOutputLine(firstIndex + item, '"x"'),
    ).join('');
    await this.store.put(outcomeKey(job, batch), lines, {
      signal: new AbortController().signal,
      metadata: encodeOutcomeMetadata({ lease: 'l', instance: 'i-1', ok: items - failed, failed, givenUp }),
    });
  }

  async event(job: string, sequence: number, event: WorkerEvent): Promise<void> {
    const { signal } = new AbortController();
    await this.store.put(jobEventsKey(job, event.instance, sequence), `${JSON.stringify(event)}\n`, { signal });
  }

  /** Runs one command line. Resolves with its exit code. */
  run(...argv: readonly string[]): Promise<number> {
    return runCommandLine(argv, this.context());
  }

  context(): CliContext {
    return {
      version: '0.0.0',
      terminal: this.terminal,
      stdout: this.#stdout(),
      env: {
        PATH: process.env['PATH'],
        SPOTPOOL_HOME: '/nonexistent',
        SPOTPOOL_QUEUE_URL: this.config.queueUrl,
        SPOTPOOL_DEAD_LETTER_QUEUE_URL: this.config.deadLetterQueueUrl,
        SPOTPOOL_BUCKET: this.config.bucket,
        SPOTPOOL_FLEET_ID: this.config.fleetId,
        SPOTPOOL_MAX_WORKERS: String(this.config.maxWorkers),
        AWS_REGION: this.config.region,
      },
      cwd: this.cwd,
      clock: { nowMs: () => this.nowMs, sleep: (ms, signal) => this.#tick(ms, signal) },
      random: () => 0.5,
      user: 'tester',
      signal: this.interrupt.signal,
      confirm: async (question) => {
        this.asked.push(question);
        return this.answer;
      },
      connect: () => this.#ports(),
      workerBundle: async () => ({ version: '0.0.0', sha256: 'a'.repeat(64), bytes: new Uint8Array([1, 2, 3]) }),
      sources: () => ({
        stream: () => never(),
        list: () => never(),
        head: () => Promise.reject(new Error('This test has no objects.')),
      }),
      poster: makeWebPoster(),
      probe: () => this.probe(),
      provision: () => Promise.reject(new Error('There is no local cloud in this test.')),
    };
  }

  /** The error of each write to standard output, for a reader that has gone. */
  stdoutError: Error | undefined;

  #stdout(): Writable {
    return new Writable({
      write: (bytes: Buffer, _encoding, done) => {
        if (this.stdoutError === undefined) this.terminal.control(bytes.toString());
        done(this.stdoutError);
      },
    });
  }

  #ports(): StackPorts {
    return {
      config: this.config,
      store: this.store,
      removal: { remove: (keys) => this.store.removeAll(keys) },
      resultBuckets: (bucket) => this.#bucketOf(bucket),
      sources: {
        stream: () => never(),
        list: () => never(),
        head: () => Promise.reject(new Error('This test has no objects.')),
      },
      queue: {
        send: async (bodies, job) => this.#enqueue(bodies, job),
        counts: async () => ({ visible: this.#left(), inFlight: 0, delayed: 0 }),
      },
      fleet: {
        describe: async () => this.#describe(),
        setTarget: async (target) => {
          this.target = target;
          return 'accepted';
        },
      },
      instances: {
        list: async () => this.instances,
        terminate: async (ids) => {
          this.terminated.push(...ids);
          this.instances = this.instances.map((seen) =>
            ids.includes(seen.instance) ? { ...seen, state: 'shutting-down' } : seen,
          );
        },
      },
      quota: { vcpus: async (quota) => this.gpuQuotas[quota] ?? this.quotaVcpus },
      prices: { spotDollarsPerHour: async () => 0.03 },
      deadMan: { pushOutEveryMs: 60_000, arm: async () => undefined, disarm: async () => undefined },
      ...this.broken,
    };
  }

  /** The buckets of the user that exist. */
  readonly buckets = new Map<string, MemoryBucket>();

  #bucketOf(name: string): MemoryBucket {
    const bucket = this.buckets.get(name) ?? new MemoryBucket();
    this.buckets.set(name, bucket);
    return bucket;
  }

  #describe(): FleetDescription {
    const live = this.instances.filter(({ state }) => state === 'running');
    const missing = Math.max(0, this.target - live.length);
    const fresh = Array.from({ length: missing }, (_, index): FleetInstance => ({
      instance: `i-${this.instances.length + index + 1}`,
      state: 'running',
      instanceType: 'c7g.large',
      zone: 'us-east-1a',
      launchedAtMs: this.nowMs,
      reclaimed: false,
    }));
    this.instances = [...this.instances, ...fresh];
    return { target: this.target, fulfilled: live.length, state: 'active', instances: this.instances };
  }

  async #tick(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    // A submit renews its claim beside its work, which is real: it reads files.
    if (ms === CLAIM_BEAT_MS) return delay(ms, undefined, { signal });
    this.nowMs += ms;
    this.instances = this.instances.map((seen) =>
      seen.state === 'shutting-down' ? { ...seen, state: 'terminated' } : seen,
    );
    await this.onTick();
    signal.throwIfAborted();
    for (const [job, batches] of this.undone) {
      const batch = this.instances.some(({ state }) => state === 'running') ? batches.shift() : undefined;
      if (batch !== undefined) await this.commit(job, batch);
    }
    if (this.target === 0 && !this.staysUp) this.end(() => true);
  }

  end(which: (instance: FleetInstance) => boolean, reclaimed = false): void {
    this.instances = this.instances.map((instance) =>
      instance.state === 'running' && which(instance) ? { ...instance, state: 'terminated', reclaimed } : instance,
    );
  }

  #left(): number {
    return [...this.undone.values()].reduce((sum, batches) => sum + batches.length, 0);
  }
}

function never(): never {
  throw new Error('This test has no datasets in S3.');
}
