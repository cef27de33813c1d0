/** The world outside the commands: terminal, clock, environment and stack. Tests hand in fakes. */
import type { Writable } from 'node:stream';
import type { StackConfig } from '../../core/contract/stack.js';
import type { Terminal } from '../display/terminal.js';
import type { ProvisionLocalStack } from '../local-cloud/stack.js';
import type { WorkerBundle } from '../worker-bundle/worker-bundle.js';
import type { SourceObjects } from '../dataset/ports.js';
import type { ResultBuckets } from '../results/ports.js';
import type {
  Clock,
  DeadManSwitch,
  DeployedStack,
  Fleet,
  JobQueue,
  ModelProbe,
  ObjectRemoval,
  ObjectStore,
  PoolInstances,
  SpotPrices,
  SpotQuota,
  StackController,
  WebPoster,
} from '../ports.js';

export interface StackPorts {
  readonly config: StackConfig;
  readonly store: ObjectStore;
  readonly removal: ObjectRemoval;
  readonly queue: JobQueue;
  readonly fleet: Fleet;
  readonly instances: PoolInstances;
  /** Absent when no CloudFormation stack was deployed for the pool alone. */
  readonly deployed?: DeployedStack;
  readonly prices: SpotPrices;
  readonly quota: SpotQuota;
  readonly deadMan: DeadManSwitch;
  /** Absent when the stack has no controller that can be woken. */
  readonly controller?: StackController;
  /** Reads datasets that are in S3 already, in any bucket. */
  readonly sources: SourceObjects;
  /** Writes results to buckets of the user. */
  readonly resultBuckets: ResultBuckets;
}

export interface CliContext {
  readonly version: string;
  readonly terminal: Terminal;
  /** Takes results that go to standard output; it reports when its reader has closed it. */
  readonly stdout: Writable;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly clock: Clock;
  readonly random: () => number;
  /** The name that is kept for people: who submits and who cancels. */
  readonly user: string;
  /** It is aborted on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Asks the person at the terminal; resolves with undefined when there is no terminal. */
  readonly confirm: (question: string) => Promise<boolean | undefined>;
  readonly connect: (config: StackConfig) => StackPorts;
  readonly provision: ProvisionLocalStack;
  /** Reads datasets in S3 for a command that needs no stack. A stack's own endpoint and credentials count. */
  readonly sources: (stack: StackConfig | undefined) => SourceObjects;
  /** Posts to addresses of the user. */
  readonly poster: WebPoster;
  /** Loads the code that tries models on this machine. */
  readonly probe: () => Promise<ModelProbe>;
  /** Reads the worker that instances run, from this installation. */
  readonly workerBundle: () => Promise<WorkerBundle>;
}
