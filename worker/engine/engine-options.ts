/** The engine's ports, its limits, and its identity. */
import type { WorkerEvent } from '../../core/contract/events.js';
import type { Clock, EventSink, InstanceMetadata, ObjectStore, WorkQueue } from '../ports.js';
import type { InputReader } from '../batch/batch-input.js';
import type { Gpus } from '../gpu/gpus.js';
import type { ByteBudget } from '../batch/byte-budget.js';
import type { MemoryLimits } from '../batch/memory-limits.js';
import type { PrepareModel } from '../model/prepared-models.js';
import type { SlotJournal } from '../losses/journal.js';
import type { MakeSlot } from '../slot/slot-pool.js';

export type EndReason = Extract<WorkerEvent, { code: 'worker-ended' }>['reason'];

export interface EngineOptions {
  readonly instance: string;
  /** The version of this worker. */
  readonly version: string;
  /** SHA-256 of the published bundle that the worker was started from. */
  readonly bundle?: string;
  readonly queue: WorkQueue;
  readonly metadata: InstanceMetadata;
  readonly store: ObjectStore;
  readonly storeOf: InputReader['storeOf'];
  /** The stack's own bucket, whose files are checked by their digest. */
  readonly bucket?: string;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly makeSlot: MakeSlot;
  readonly prepareModel: PrepareModel;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
  readonly newLeaseId: () => string;
  readonly cpus: number;
  /** The instance's GPUs; absent on an instance without. */
  readonly gpus?: Pick<Gpus, 'names' | 'bounds' | 'look' | 'status'>;
  /** The memory that all slots together may use. */
  readonly memoryBytes: number;
  readonly leaseSeconds: number;
  readonly maxIdleMs: number;
  readonly maxLifeMs: number;
  readonly workDirectory: string;
  /** Where the worker notes which items its slots have (R4). */
  readonly journal?: SlotJournal;
  /** It is called each time that the engine's loop turns: several times a minute, also while nothing changes. */
  readonly onTurn?: () => void;
  readonly memory?: MemoryLimits;
  /** The budget that all batches share; by default one of `memory.budgetBytes`. */
  readonly budget?: ByteBudget;
}
