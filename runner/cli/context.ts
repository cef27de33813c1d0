/** What commands get from outside: everything that is not a decision of their own, so that tests can hand in fakes. */
import type { Writable } from 'node:stream';
import type { StackConfig } from '../../core/contract/stack.js';
import type { Terminal } from '../display/terminal.js';
import type { ProvisionLocalStack } from '../local-cloud/stack.js';
import type { WorkerBundle } from '../worker-bundle/worker-bundle.js';
import type { SourceObjects } from '../dataset/ports.js';
import type {
  Clock,
  DeadManSwitch,
  DeployedStack,
  Fleet,
  JobQueue,
  ObjectStore,
  PoolInstances,
  SpotPrices,
  SpotQuota,
  StackController,
} from '../ports.js';

export interface StackPorts {
  readonly config: StackConfig;
  readonly store: ObjectStore;
  readonly queue: JobQueue;
  readonly fleet: Fleet;
  readonly instances: PoolInstances;
  /** Absent when the stack is of no CloudFormation, or shares its stack with other things. */
  readonly deployed?: DeployedStack;
  readonly prices: SpotPrices;
  readonly quota: SpotQuota;
  readonly deadMan: DeadManSwitch;
  /** Absent when nothing of the stack can be woken. */
  readonly controller?: StackController;
  /** Datasets that are in S3 already, in any bucket. */
  readonly sources: SourceObjects;
}

export interface CliContext {
  readonly version: string;
  readonly terminal: Terminal;
  /** For results that go to standard output: it says when it has had enough. */
  readonly stdout: Writable;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** For people: who submits and who cancels. */
  readonly user: string;
  /** Aborted on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Asks the person at the terminal; undefined when there is none. */
  readonly confirm: (question: string) => Promise<boolean | undefined>;
  readonly connect: (config: StackConfig) => StackPorts;
  readonly provision: ProvisionLocalStack;
  /** What instances run, as this installation has it. */
  readonly workerBundle: () => Promise<WorkerBundle>;
}
