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
  /** How long the queue must have been empty before lost messages are sent again; `QUIET_MS` when absent. */
  readonly quietMs?: number;
  /** The caller keeps it from pass to pass; without it each pass starts from the bucket alone. */
  readonly memory?: ControllerMemory;
}

/** Returns the limits that a stack sets to every controller of it. */
export const controllerLimits = ({
  maxWorkers,
  maxLifeSeconds,
}: StackConfig): Pick<ControllerOptions, 'maxWorkers' | 'maxLifeMs'> => ({
  maxWorkers,
  ...definedFields({ maxLifeMs: maxLifeSeconds === undefined ? undefined : maxLifeSeconds * 1000 }),
});
