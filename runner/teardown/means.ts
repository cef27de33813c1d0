/** What a teardown works with, and how it tells what it does. */
import type { ControllerMemory } from '../controller/memory.js';
import type { ControllerPorts } from '../controller/ports.js';
import type { DeployedStack, PoolInstances } from '../ports.js';

export interface TeardownPorts extends ControllerPorts {
  readonly instances: PoolInstances;
  /** Absent when there is no stack of CloudFormation to delete. */
  readonly deployed?: DeployedStack;
}

export interface TeardownEvent {
  readonly level: 'info' | 'good' | 'warning';
  readonly code: string;
  /** A sentence that a person can act on. */
  readonly message: string;
}

/** How far it came: what each step has reached stays so. */
export type Reached = 'nothing' | 'closed' | 'lowered' | 'ended' | 'deleting' | 'deleted';

export interface TeardownMeans {
  readonly ports: TeardownPorts;
  readonly memory: ControllerMemory;
  readonly maxWorkers: number;
  readonly tell: (event: TeardownEvent) => void;
  readonly signal: AbortSignal;
}

/** Describe calls of EC2 lag by seconds; more often shows nothing more. */
export const LOOK_MS = 2_000;
