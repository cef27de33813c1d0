/** A stack in memory for tests of the controller: a bucket, a queue's counters, a fleet that takes any target. */
import { decodeEnds, type EndEntry, endOf, NO_ENDS } from '../../../core/contract/ends.js';
import type { WorkerStatus } from '../../../core/contract/fleet-state.js';
import type { JobOptions, Manifest, UnableMark } from '../../../core/contract/job.js';
import * as keys from '../../../core/contract/keys.js';
import { encodePlanLine, encodeSent } from '../../../core/dataset/plan.js';
import { encodeOutcomeMetadata } from '../../../core/contract/result-line.js';
import { newControllerMemory } from '../../../runner/controller/memory.js';
import type { ControllerOptions, ControllerPorts } from '../../../runner/controller/ports.js';
import type { PassReport } from '../../../runner/controller/report.js';
import { runPass } from '../../../runner/controller/run-pass.js';
import type { FleetDescription, FleetInstance, QueueCounts, SetTargetResult } from '../../../runner/ports.js';
import { MemoryStore } from '../../support/memory-store.js';

export const never = new AbortController().signal;

export class Stage {
  readonly store = new MemoryStore();
  nowMs = 1_000_000;
  counts: QueueCounts = { visible: 0, inFlight: 0, delayed: 0 };
  readonly sent: string[] = [];
  target = 0;
  fleetState: FleetDescription['state'] = 'active';
  instances: FleetInstance[] = [];
  readonly targetsSet: number[] = [];
  setTargetResult: SetTargetResult = 'accepted';
  /** The target that describe calls show, when it is not the real one. */
  shownTarget: number | undefined;
  armed = 0;
  disarmed = 0;
  switchStands = false;
  /** It is called at that moment, and simulates other controllers and users. */
  onDisarmed: () => Promise<void> = async () => undefined;
  armError: Error | undefined;

  readonly ports: ControllerPorts = {
    store: this.store,
    queue: {
      send: async (bodies) => void this.sent.push(...bodies),
      counts: async () => this.counts,
    },
    fleet: {
      describe: async () => this.#describe(),
      setTarget: async (target) => {
        this.targetsSet.push(target);
        if (this.setTargetResult === 'accepted') this.target = target;
        return this.setTargetResult;
      },
    },
    deadMan: {
      pushOutEveryMs: 60_000,
      arm: async () => {
        if (this.armError !== undefined) throw this.armError;
        this.armed += 1;
        this.switchStands = true;
      },
      disarm: async () => {
        if (this.armError !== undefined) throw this.armError;
        this.disarmed += 1;
        this.switchStands = false;
        await this.onDisarmed();
      },
    },
    clock: {
      nowMs: () => this.nowMs,
      sleep: async (ms, signal) => {
        signal.throwIfAborted();
        this.nowMs += ms;
      },
    },
  };

  /** The memory is kept from pass to pass, as a CLI keeps it. */
  readonly options: ControllerOptions = { maxWorkers: 10, memory: newControllerMemory() };

  pass(options: Partial<ControllerOptions> = {}): Promise<PassReport> {
    return runPass(this.ports, { ...this.options, ...options }, never);
  }

  async addJob(job: string, batches: number, options: Partial<JobOptions> = {}, sent = batches): Promise<void> {
    const manifest: Manifest = {
      version: 1,
      job,
      dataset: { name: 'drugs.csv', digest: 'd', kind: 'lines', items: batches * 10, bytes: 1, badItems: 0 },
      model: { name: 'herg.ts', digest: 'm', start: { kind: 'module', entry: 'index.mjs' } },
      options: { slots: 1, concurrency: 1, maxAttempts: 3, itemTimeoutSeconds: 300, env: {}, ...options },
      batches,
      createdAt: '2026-01-01T00:00:00.000Z',
      createdBy: 'someone',
      versions: { spotpool: '0', node: '20' },
    };
    const plan = Array.from({ length: batches }, (_, batch) =>
      encodePlanLine({ batch, key: 'part', startByte: batch, endByte: batch + 1, firstIndex: batch * 10, items: 10 }),
    );
    await this.write(keys.planKey(job), plan.join(''));
    await this.write(keys.manifestKey(job), JSON.stringify(manifest));
    await this.write(keys.sentKey(job), encodeSent(sent));
    if (sent === batches) await this.write(keys.enqueuedKey(job), '{}');
  }

  async commit(job: string, batch: number, failed = 0, givenUp = false): Promise<void> {
    await this.store.put(keys.outcomeKey(job, batch), 'lines', {
      signal: never,
      ifNoneMatch: true,
      metadata: encodeOutcomeMetadata({ lease: 'l', instance: 'i-0', ok: 10 - failed, failed, givenUp }),
    });
  }

  async unable(job: string, mark: UnableMark): Promise<void> {
    await this.write(keys.unableKey(job, mark.instance), JSON.stringify(mark));
  }

  /** Adds instances whose worker writes no status, one launched after the other. */
  arriveSilently(count: number): void {
    for (let left = count; left > 0; left--) {
      const number = this.instances.length;
      this.instances.push({
        instance: `i-${number}`,
        state: 'running',
        instanceType: 'c7g.large',
        zone: 'us-east-1a',
        launchedAtMs: 1_000 + number,
        reclaimed: false,
      });
    }
  }

  /** Adds instances up to the target, each with a worker's status. */
  async arrive(status: Partial<WorkerStatus> = {}): Promise<void> {
    while (this.instances.filter(({ state }) => state === 'running').length < this.target) {
      const instance = `i-${this.instances.length}`;
      this.instances.push({
        instance,
        state: 'running',
        instanceType: 'c7g.large',
        zone: 'us-east-1a',
        launchedAtMs: 1_000,
        reclaimed: false,
      });
      await this.say(instance, status);
    }
  }

  async say(instance: string, status: Partial<WorkerStatus>): Promise<void> {
    const whole: WorkerStatus = {
      instance,
      phase: 'busy',
      slots: 1,
      instanceType: 'c7g.large',
      zone: 'us-east-1a',
      startedAt: '',
      at: '',
      ...status,
    };
    await this.write(keys.instanceStatusKey(instance), JSON.stringify(whole));
  }

  end(instance: string, reclaimed = false): void {
    this.instances = this.instances.map((seen) =>
      seen.instance === instance ? { ...seen, state: 'terminated', reclaimed } : seen,
    );
  }

  async write(key: string, body: string): Promise<void> {
    await this.store.put(key, body, { signal: never });
  }

  json(key: string): unknown {
    const text = this.store.text(key);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** Returns the job's end, or undefined while it goes on. */
  ended(job: string): EndEntry | undefined {
    return endOf(decodeEnds(this.store.text(keys.endsKey(job)) ?? '') ?? NO_ENDS);
  }

  #describe(): FleetDescription {
    return {
      target: this.shownTarget ?? this.target,
      fulfilled: this.instances.filter(({ state }) => state === 'running').length,
      state: this.fleetState,
      instances: this.instances,
    };
  }
}
