/** The world tells its observers each act of a service at the moment of its effect, each event of a worker, each fault, and the end. */
import type { NewWorkerEvent } from '../../core/contract/events.js';
import type { ObjectHead, PutOptions, PutResult, StoredObject } from '../../core/contract/object-store.js';
import type { FleetDescription, SetTargetResult } from '../../runner/ports.js';
import type { QueueCounts } from '../../core/pool/quiet.js';
import type { LeaseCallResult, Notice, ReceivedMessage } from '../../worker/ports.js';
import type { SimulatedProcess } from './process.js';
import type { World } from './world/world.js';

export type Act =
  | { readonly operation: 's3.get'; readonly key: string; readonly found: StoredObject | undefined }
  | { readonly operation: 's3.head'; readonly key: string; readonly found: ObjectHead | undefined }
  | {
      readonly operation: 's3.put';
      readonly key: string;
      readonly body: Buffer;
      readonly options: Omit<PutOptions, 'signal'>;
      readonly result: PutResult;
    }
  /** One page of a listing. A listing by folders has `folders: true`. */
  | {
      readonly operation: 's3.list';
      readonly prefix: string;
      readonly startAfter: string | undefined;
      readonly folders: boolean;
      readonly keys: readonly string[];
    }
  | {
      readonly operation: 'sqs.receive';
      readonly visibilityTimeoutSeconds: number;
      readonly messages: readonly ReceivedMessage[];
    }
  | {
      readonly operation: 'sqs.change-visibility';
      readonly changes: readonly { readonly receiptHandle: string; readonly visibilityTimeoutSeconds: number }[];
      readonly results: readonly LeaseCallResult[];
    }
  | {
      readonly operation: 'sqs.delete';
      readonly receiptHandles: readonly string[];
      readonly results: readonly LeaseCallResult[];
    }
  | { readonly operation: 'sqs.send'; readonly bodies: readonly string[]; readonly group: string }
  | { readonly operation: 'sqs.counts'; readonly counts: QueueCounts }
  | { readonly operation: 'ec2.describe'; readonly description: FleetDescription }
  | {
      readonly operation: 'ec2.set-target';
      readonly target: number;
      readonly before: number;
      readonly result: SetTargetResult;
      /** The fleet's ExcessCapacityTerminationPolicy, as the request names it. */
      readonly policy: string | undefined;
    }
  | { readonly operation: 'scheduler.arm'; readonly firesAtMs: number }
  | { readonly operation: 'scheduler.disarm' }
  /** Only answers with a notice are told: workers ask each second. */
  | { readonly operation: 'metadata.notices'; readonly notices: readonly Notice[] };

export type Service = 's3' | 'sqs' | 'ec2' | 'scheduler' | 'metadata';

/** An act of a service for a process. The reply may still be lost, and the process may be dead already. */
export type ServiceCall = Act & {
  /** The time at which the process asked for it. Later tries of the same request keep the time of the first. */
  readonly askedAtMs: number;
  readonly atMs: number;
  readonly process: SimulatedProcess;
};

/** A call of a process to a service that has not ended, however often the SDK has tried it. Long polls have their own times, and are none. */
export interface OpenCall {
  readonly process: SimulatedProcess;
  readonly service: Service;
  /** The operation and its key: two calls with the same text ask for the same. */
  readonly what: string;
  readonly askedAtMs: number;
}

/** Every method is called synchronously, before anything else happens. A check reports a broken rule with `world.problem`. */
export interface Observer {
  onCall?(call: ServiceCall, world: World): void;
  onCallBegan?(call: OpenCall, world: World): void;
  /** The call has its answer, has failed, or was aborted. */
  onCallSettled?(call: OpenCall, world: World): void;
  /** A worker's engine emits an event. */
  onWorkerEvent?(process: SimulatedProcess, event: NewWorkerEvent, world: World): void;
  /** A model's process has printed a good answer. */
  onAnswered?(
    process: SimulatedProcess,
    answered: { readonly job: string; readonly index: number },
    world: World,
  ): void;
  /** A pass of a controller has thrown. */
  onPassFailed?(process: SimulatedProcess, error: unknown, world: World): void;
  /** Something was done to the pool: `kill`, `outage`, and so on. */
  onFault?(name: string, world: World): void;
  /** The run is over, and nothing more happens. */
  onEnd?(world: World): void;
}
