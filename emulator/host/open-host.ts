/** The function that opens a host's ports. `emulator/wiring/` implements it. */
import type { Emulator } from '../emulator.js';
import type { Machine, RecordedInstances } from './ports.js';

export interface OpenHostOptions {
  /** Selects the instances: those with the stack's tag or, when no stack is named, those of the fleet. */
  readonly of: { readonly stack?: string; readonly fleetId: string };
  /** Holds the disks and consoles of the instances; the consoles are kept. When absent, a temporary directory is used and removed at the end. */
  readonly directory?: string;
}

export interface OpenedHost {
  readonly ec2: RecordedInstances;
  readonly machine: Machine;
  readonly directory: string;
  /** Must be called after the last instance has ended. */
  close(): Promise<void>;
}

/** The role of an instance never gets the host's own credentials (instance-key.ts). */
export type OpenHost = (emulator: Emulator, options: OpenHostOptions) => Promise<OpenedHost>;
