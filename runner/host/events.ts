/** What a host has to tell: one line each. */
import type { SeenInstance } from './ports.js';

export interface HostEvent {
  readonly event:
    | 'hosting'
    | 'instance-up'
    | 'instance-not-started'
    | 'notice'
    | 'instance-ending'
    | 'worker-ended'
    | 'instance-ended'
    | 'instance-terminated'
    | 'fleet-refilled'
    | 'instances-wait'
    | 'trouble'
    | 'trouble-over';
  readonly instance?: string;
  /** A sentence for people. */
  readonly message: string;
  readonly pid?: number;
  readonly consoleFile?: string;
}

export const placeOf = ({ instanceType, zone }: SeenInstance): string => `${instanceType} in ${zone}`;
