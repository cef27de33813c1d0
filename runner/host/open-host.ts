/** How a command comes by a host's ports: `runner/wiring/` makes them. */
import type { Emulator } from '../local-cloud/emulator.js';
import type { Machine, RecordedInstances } from './ports.js';

export interface OpenHostOptions {
  /** Whose instances: a stack's, by its tag, or the fleet's own when no stack is named. */
  readonly of: { readonly stack?: string; readonly fleetId: string };
  /** For the instances' disks and consoles; the consoles stay. A temporary one, which goes with the host, when absent. */
  readonly directory?: string;
}

export interface OpenedHost {
  readonly ec2: RecordedInstances;
  readonly machine: Machine;
  readonly directory: string;
  /** After the last instance has ended. */
  close(): Promise<void>;
}

/** The instances' role never has the credentials that the host has itself (instance-key.ts). */
export type OpenHost = (emulator: Emulator, options: OpenHostOptions) => Promise<OpenedHost>;
