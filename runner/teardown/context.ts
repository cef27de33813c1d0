/** The context that all steps of a teardown share. */
import type { ControllerMemory } from '../controller/memory.js';
import type { ControllerPorts } from '../controller/ports.js';
import type { DeployedStack, PoolInstances } from '../ports.js';

export interface TeardownPorts extends ControllerPorts {
  readonly instances: PoolInstances;
  /** It is absent when there is no CloudFormation stack to delete. */
  readonly deployed?: DeployedStack;
}

export interface TeardownEvent {
  readonly level: 'info' | 'good' | 'warning';
  readonly code: string;
  /** A sentence that a person can act on. */
  readonly message: string;
}

/** The last step that the teardown has completed. No step is undone. */
export type Reached = 'nothing' | 'closed' | 'lowered' | 'ended' | 'deleting' | 'deleted';

export interface TeardownContext {
  readonly ports: TeardownPorts;
  readonly memory: ControllerMemory;
  readonly maxWorkers: number;
  readonly report: (event: TeardownEvent) => void;
  readonly signal: AbortSignal;
}

/** EC2's describe calls lag by seconds, so more frequent looks would show nothing new. */
export const LOOK_MS = 2_000;
