/** The whole state of the EC2 side, for tests and people: what is shown here is true now, with none of EC2's lag. */
import type { Compute } from '../ec2/compute.js';
import type { Schedules } from '../scheduler/schedules.js';

export interface AdminState {
  readonly instances: readonly {
    readonly id: string;
    readonly state: string;
    readonly stateReason?: string;
    readonly type: string;
    readonly zone: string;
    readonly fleet: string;
    readonly pid?: number;
    readonly metadataEndpoint?: string;
    readonly directory: string;
    /** ISO 8601: it is under notice, and taken then. */
    readonly takenAt?: string;
  }[];
  readonly fleets: readonly {
    readonly id: string;
    readonly state: string;
    readonly target: number;
    readonly fulfilled: number;
    /** Waiting for the market. */
    readonly openRequests: number;
  }[];
  readonly schedules: readonly { readonly name: string; readonly state: string; readonly expression: string }[];
  /** Calls of schedules' targets, the oldest first: what failed says why. */
  readonly invocations: readonly {
    readonly schedule: string;
    readonly target: string;
    readonly state: string;
    readonly attempts: number;
    readonly dueAt: string;
    readonly error?: string;
  }[];
}

export function stateOf({ instances, fleets }: Compute, schedules?: Schedules): AdminState {
  return {
    instances: instances.all().map((instance) => ({
      id: instance.id,
      state: instance.state,
      ...(instance.stateReason === undefined ? {} : { stateReason: instance.stateReason }),
      type: instance.spec.instanceType,
      zone: instance.spec.zone,
      fleet: instance.spec.fleetId,
      ...(instance.pid === undefined ? {} : { pid: instance.pid }),
      ...(instance.metadataEndpoint === undefined ? {} : { metadataEndpoint: instance.metadataEndpoint }),
      directory: instance.directory,
      ...(instance.takenAtMs === undefined ? {} : { takenAt: new Date(instance.takenAtMs).toISOString() }),
    })),
    fleets: fleets.all().map((fleet) => ({
      id: fleet.id,
      state: fleet.status,
      target: fleet.target,
      fulfilled: fleets.fulfilling(fleet).length,
      openRequests: fleet.openRequests.length,
    })),
    schedules: (schedules?.all() ?? []).map(({ name, settings }) => ({
      name,
      state: settings.state,
      expression: settings.expression,
    })),
    invocations: (schedules?.invocations() ?? []).map(({ dueMs, ...invocation }) => ({
      ...invocation,
      dueAt: new Date(dueMs).toISOString(),
    })),
  };
}
