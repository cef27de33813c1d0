/** The ports and options of a controller's pass. */
import { definedFields } from '../../core/defined-fields.js';
import type { StackConfig } from '../../core/contract/stack.js';
import type { Clock, DeadManSwitch, Fleet, JobQueue, ObjectStore } from '../ports.js';
import type { ControllerMemory } from './memory.js';

export interface ControllerPorts {
  readonly fleet: Fleet;
  readonly queue: JobQueue;
  readonly store: ObjectStore;
  readonly deadMan: DeadManSwitch;
  readonly clock: Clock;
}

export interface ControllerOptions {
  /** The stack's maximum of instances. */
  readonly maxWorkers: number;
  /** How long an instance may live; unknown when the stack does not say. */
  readonly maxLifeMs?: number;
  /** How long a worker is idle before it ends its instance; unknown when the stack does not say. */
  readonly maxIdleMs?: number;
  /** How long the queue must have been empty before lost messages are sent again; `QUIET_MS` when absent. */
  readonly quietMs?: number;
  /** The caller keeps it from pass to pass; without it each pass starts from the bucket alone. */
  readonly memory?: ControllerMemory;
}

/** Returns the limits that a stack sets to every controller of it. */
export const controllerLimits = ({
  maxWorkers,
  maxLifeSeconds,
  maxIdleSeconds,
}: StackConfig): Pick<ControllerOptions, 'maxWorkers' | 'maxLifeMs' | 'maxIdleMs'> => ({
  maxWorkers,
  ...definedFields({ maxLifeMs: msOf(maxLifeSeconds), maxIdleMs: msOf(maxIdleSeconds) }),
});

const msOf = (seconds: number | undefined): number | undefined => (seconds === undefined ? undefined : seconds * 1000);
