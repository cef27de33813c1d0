/** Runs an engine among fakes: a queue, a store, metadata, slots, and a clock that the test controls. */
import { createHash, randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BatchMessage, encodeBatchMessage } from '../../../core/contract/batch-message.js';
import type { NewWorkerEvent, WorkerEventCode } from '../../../core/contract/events.js';
import { encodeBadLine } from '../../../core/contract/input-line.js';
import { DEFAULT_JOB_OPTIONS, type JobOptions, type Manifest } from '../../../core/contract/job.js';
import { inputPartKey, manifestKey } from '../../../core/contract/keys.js';
import { definedFields } from '../../../core/defined-fields.js';
import { Engine } from '../../../worker/engine/engine.js';
import type { EndReason } from '../../../worker/engine/engine-options.js';
import { ByteBudget } from '../../../worker/batch/byte-budget.js';
import { type MemoryLimits, memoryLimitsFor } from '../../../worker/batch/memory-limits.js';
import type { ModelUnable } from '../../../worker/model/prepared-models.js';
import type { InSlots } from '../../../worker/losses/journal-lines.js';
import type { Notice } from '../../../worker/ports.js';
import { FakeClock, settle } from './fake-clock.js';
import { FakeSlot, type FakeModel, fakeModel } from './fake-slot.js';
import { FakeQueue } from './fake-queue.js';
import { MemoryStore } from './memory-store.js';

export const INSTANCE = 'i-0worker';
export const LEASE_SECONDS = 20;
const DEFAULT_CPUS = 4;
const BAD = { code: 'BadItem', message: 'not JSON' };

export interface SubmitOptions {
  readonly job?: string;
  readonly batches?: number;
  readonly itemsPerBatch?: number;
  readonly options?: Partial<JobOptions>;
  readonly kind?: 'lines' | 'objects';
  /** The lowest version of the worker that may take the batches. */
  readonly worker?: string;
  /** Returns the line of an item; a number by default. */
  readonly line?: (index: number) => string;
}

export interface WorldLimits {
  readonly maxIdleMs?: number;
  readonly maxLifeMs?: number;
  readonly cpus?: number;
  readonly instance?: string;
  readonly version?: string;
  readonly bundle?: string;
  readonly memory?: MemoryLimits;
}

export class WorkerWorld {
  readonly clock = new FakeClock();
  readonly queue = new FakeQueue(this.clock);
  readonly store = new MemoryStore();
  readonly otherBuckets = new Map<string, MemoryStore>();
  readonly model: FakeModel = fakeModel();
  readonly memory: MemoryLimits;
  /** The engine's budget, so that a test sees how much is held. */
  readonly budget: ByteBudget;
  readonly events: NewWorkerEvent[] = [];
  /** The items of slots, as the worker's journal gets them, and `gone` at the end of a lease. */
  readonly journal: (InSlots | { readonly gone: string })[] = [];
  readonly messages: BatchMessage[] = [];
  /** The notices that the metadata shows. */
  notices: Notice[] = [];
  metadataFails = false;
  /** An error that preparing a model throws. */
  unable: ModelUnable | undefined;
  /** The job whose model `unable` is about; every job's when it is undefined. */
  unableJob: string | undefined;
  /** Awaited before a model is prepared. */
  prepares: (job: string) => Promise<void> = async () => undefined;
  ended: EndReason | undefined;
  engine: Engine | undefined;
  readonly #workDirectory = path.join(tmpdir(), `spotpool-test-${randomUUID()}`);
  readonly #stopped = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  readonly #limits: WorldLimits;

  constructor(limits: WorldLimits = {}) {
    this.#limits = limits;
    this.memory = limits.memory ?? memoryLimitsFor(limits.cpus ?? DEFAULT_CPUS);
    this.budget = new ByteBudget(this.memory.budgetBytes);
  }

  submit(options: SubmitOptions = {}): BatchMessage[] {
    const { job = 'job', batches = 1, itemsPerBatch = 4, kind = 'lines', line = String, worker } = options;
    const manifest: Manifest = {
      version: 1,
      job,
      dataset: { name: 'd', digest: 'd', kind, items: batches * itemsPerBatch, bytes: 0, badItems: 0 },
      model: { name: `model of ${job}`, digest: job, start: { kind: 'module', entry: 'm.js' } },
      options: { ...DEFAULT_JOB_OPTIONS, ...options.options },
      batches,
      createdAt: '2026-01-01T00:00:00.000Z',
      createdBy: '',
      versions: { spotpool: '0.0.0', node: '20' },
    };
    const stored = JSON.stringify(manifest);
    this.store.set(manifestKey(job), stored);
    const manifestDigest = createHash('sha256').update(stored).digest('hex');
    let part = '';
    const made = Array.from({ length: batches }, (_, batch): BatchMessage => {
      const startByte = Buffer.byteLength(part);
      const firstIndex = batch * itemsPerBatch;
      for (let n = 0; n < itemsPerBatch; n += 1) part += `${line(firstIndex + n)}\n`;
      const endByte = Buffer.byteLength(part);
      return {
        job,
        manifestDigest,
        batch,
        key: inputPartKey(job, 0),
        startByte,
        endByte,
        firstIndex,
        items: itemsPerBatch,
      };
    });
    this.store.set(inputPartKey(job, 0), part);
    for (const message of made) this.queue.send(encodeBatchMessage({ ...message, worker }));
    this.messages.push(...made);
    return made;
  }

  start(): this {
    const { maxIdleMs = 600_000, maxLifeMs = 24 * 3_600_000, cpus = DEFAULT_CPUS, instance = INSTANCE } = this.#limits;
    let leases = 0;
    this.engine = new Engine({
      instance,
      version: this.#limits.version ?? '1.0.0',
      ...definedFields({ bundle: this.#limits.bundle }),
      queue: this.queue,
      metadata: {
        identity: async () => ({ instance, instanceType: 't', zone: 'z', region: 'r' }),
        notices: async () => {
          if (this.metadataFails) throw new Error('no metadata');
          return this.notices;
        },
      },
      store: this.store,
      storeOf: (bucket) => this.otherBuckets.get(bucket) ?? this.store,
      clock: this.clock,
      events: { emit: (event) => this.events.push(event) },
      makeSlot: () => new FakeSlot(this.model, this.clock),
      prepareModel: async ({ job, model, options }) => {
        await this.prepares(job);
        if (this.unable !== undefined && (this.unableJob ?? job) === job) throw this.unable;
        return { modelKey: model.digest, spec: model, directory: '/', options };
      },
      random: () => 0,
      newLeaseId: () => `lease${leases++}`,
      cpus,
      memoryBytes: 8 * 1024 ** 3,
      leaseSeconds: LEASE_SECONDS,
      maxIdleMs,
      maxLifeMs,
      workDirectory: this.#workDirectory,
      journal: {
        inSlots: (items) => this.journal.push(items),
        gone: (lease) => this.journal.push({ gone: lease }),
        close: () => undefined,
      },
      memory: this.memory,
      budget: this.budget,
    });
    this.#running = this.engine.run(this.#stopped.signal).then((reason) => (this.ended = reason));
    return this;
  }

  /** Stops the worker as SIGTERM does. */
  stop(): void {
    this.#stopped.abort(new Error('SIGTERM'));
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await settle();
  }

  /** Passes time in small steps until the condition holds. */
  async passUntil(condition: () => boolean, mostMs = 120_000): Promise<void> {
    for (let passed = 0; !condition(); passed += 50) {
      if (passed > mostMs)
        throw new Error(`Waited in vain for ${condition.toString()}: ${JSON.stringify(this.events)}`);
      await this.pass(50);
    }
  }

  /** Ends the worker if it still runs, and removes its directory. */
  async end(): Promise<EndReason | undefined> {
    this.stop();
    await this.passUntil(() => this.ended !== undefined);
    await this.#running;
    await rm(this.#workDirectory, { recursive: true, force: true });
    return this.ended;
  }

  codes(): WorkerEventCode[] {
    return this.events.map((event) => event.code);
  }

  event<Code extends WorkerEventCode>(code: Code): Extract<NewWorkerEvent, { code: Code }> {
    const found = this.events.find((event) => event.code === code);
    if (found === undefined) throw new Error(`There is no event ${code} in ${JSON.stringify(this.events)}`);
    return found as Extract<NewWorkerEvent, { code: Code }>;
  }
}

export const badLine = encodeBadLine(BAD);
