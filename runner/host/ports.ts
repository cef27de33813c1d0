/** What a host of instances needs from the world. */
import type { FleetInstance } from '../ports.js';

/** An instance as EC2 shows it: what its metadata is made of. */
export interface SeenInstance extends Pick<
  FleetInstance,
  'instance' | 'state' | 'instanceType' | 'zone' | 'launchedAtMs'
> {
  readonly imageId: string;
  readonly tags: Readonly<Record<string, string>>;
  /** ARN or name; undefined when EC2 shows none. */
  readonly instanceProfile: string | undefined;
}

/** EC2, for instances that are records only. */
export interface RecordedInstances {
  /** Those of the fleet, and whatever there is still to see of those that are `known`. */
  list(known: readonly string[], signal: AbortSignal): Promise<readonly SeenInstance[]>;
  /** As it was given, decoded; empty when there is none. */
  userData(instance: string, signal: AbortSignal): Promise<Uint8Array>;
  /** One that is gone already is no error. */
  terminate(instance: string, signal: AbortSignal): Promise<void>;
  /** Has the fleet launch what it lacks of its target; how many that is. What a fleet does by itself on AWS, and on emulators does not. */
  refill(signal: AbortSignal): Promise<number>;
}

/** Gives instances processes on this machine. */
export interface Machine {
  /**
   * Resolves when its first process runs; rejects when its user data cannot be run. `onLeaderEnded` says how the first process ended; what
   * it left behind still runs.
   */
  start(instance: SeenInstance, userData: Uint8Array, onLeaderEnded: (how: string) => void): Promise<RunningInstance>;
}

export interface RunningInstance {
  readonly pid: number;
  /** The file that holds what it printed last. */
  readonly consoleFile: string;
  /** Its metadata shows an interruption notice from now on. */
  notice(takenAtMs: number): void;
  /** Gracefully, or at once. Resolves when no process is left; a second call can only hurry it. */
  end(how: 'gracefully' | 'at-once'): Promise<void>;
  lastLine(): string | undefined;
}
