/** The ports of a host: EC2 with its records of instances, and the machine that runs them. */
import type { FleetInstance } from '../../runner/ports.js';

/** An instance as EC2 shows it. The instance's metadata is made of these fields. */
export interface SeenInstance extends Pick<
  FleetInstance,
  'instance' | 'state' | 'instanceType' | 'zone' | 'launchedAtMs'
> {
  readonly imageId: string;
  readonly tags: Readonly<Record<string, string>>;
  /** An ARN or a name; undefined when EC2 shows none. */
  readonly instanceProfile: string | undefined;
}

/** An EC2 whose instances are records without processes. */
export interface RecordedInstances {
  /** Lists the instances of the fleet, and those of `known` that EC2 still shows. */
  list(known: readonly string[], signal: AbortSignal): Promise<readonly SeenInstance[]>;
  /** Resolves with the decoded user data, which is empty when the instance has none. */
  userData(instance: string, signal: AbortSignal): Promise<Uint8Array>;
  /** Terminates an instance. One that is gone already is no error. */
  terminate(instance: string, signal: AbortSignal): Promise<void>;
  /**
   * Makes the fleet launch the instances that it lacks of its target, and resolves with their number. On AWS a fleet does this by itself;
   * on emulators it does not.
   */
  refill(signal: AbortSignal): Promise<number>;
}

/** Gives instances processes on this machine. */
export interface Machine {
  /**
   * Resolves when the first process of the instance runs; rejects when its user data cannot be run. `onLeaderEnded` is called with how the
   * first process ended. Other processes of the instance may still run then.
   */
  start(instance: SeenInstance, userData: Uint8Array, onLeaderEnded: (how: string) => void): Promise<RunningInstance>;
}

export interface RunningInstance {
  readonly pid: number;
  /** The file with the last part of what the instance printed. */
  readonly consoleFile: string;
  /** Shows an interruption notice in the instance's metadata from now on. */
  notice(takenAtMs: number): void;
  /** Resolves when no process of the instance is left. A second call can hurry the first one, but never slow it down. */
  end(how: 'gracefully' | 'at-once'): Promise<void>;
  lastLine(): string | undefined;
}
