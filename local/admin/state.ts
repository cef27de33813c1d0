/** The current state behind the scenes of EC2 and the market, for tests and people. It has none of EC2's lag. */
import { definedFields } from '../defined-fields.js';
import type { Compute } from '../ec2/compute.js';
import { type InstanceStateName, type InstanceView, isLive } from '../instances/instance.js';
import { instanceTypes, ZONES } from '../market/instance-types.js';
import type { MarketEvent } from '../market/log.js';
import type { Pool } from '../market/pools.js';
import type { Schedules } from '../scheduler/schedules.js';

export interface InstanceState {
  readonly id: string;
  readonly state: InstanceStateName;
  readonly stateReason?: string;
  readonly type: string;
  readonly zone: string;
  readonly fleet: string;
  readonly pid?: number;
  /** The URL contains a secret path, which only the instance and holders of the cloud's own key know. */
  readonly metadataEndpoint?: string;
  readonly directory: string;
  /**
   * The time at which an interruption notice says that the instance will be taken (ISO 8601). Present only while a
   * notice is out.
   */
  readonly takenAt?: string;
  /** The time at which a rebalance was recommended (ISO 8601). Absent if none was. */
  readonly rebalanceAt?: string;
}

export interface CloudState {
  readonly instances: readonly InstanceState[];
  readonly fleets: readonly {
    readonly id: string;
    readonly state: string;
    readonly target: number;
    readonly fulfilled: number;
    /** The number of requests that wait for the market. */
    readonly openRequests: number;
  }[];
  readonly market: {
    readonly seed: number;
    readonly timeScale: number;
    /** Null means that there is no limit. */
    readonly capacity: number | null;
    /** The number of requests that are due but find no room. */
    readonly short: number;
  };
  readonly schedules: readonly { readonly name: string; readonly state: string; readonly expression: string }[];
  /** Calls that schedules made to their targets, the oldest first; `error` tells why a call failed. */
  readonly invocations: readonly {
    readonly schedule: string;
    readonly target: string;
    readonly state: string;
    readonly attempts: number;
    readonly dueAt: string;
    readonly error?: string;
  }[];
}

export interface PoolState extends Pool {
  /** The number of instances that occupy this pool's capacity. */
  readonly live: number;
  /** Null means that there is no limit. */
  readonly capacity: number | null;
  readonly dollarsPerHour: number;
}

export interface MarketState {
  readonly pools: readonly PoolState[];
  readonly events: readonly MarketEvent[];
}

export function stateOf({ instances, fleets, market, clock }: Compute, schedules?: Schedules): CloudState {
  return {
    instances: instances.all().map(instanceStateOf),
    fleets: fleets.all().map((fleet) => ({
      id: fleet.id,
      state: fleet.status,
      target: fleet.target,
      fulfilled: fleets.fulfilling(fleet).length,
      openRequests: fleet.openRequests.length,
    })),
    market: {
      seed: market.options.seed,
      timeScale: clock.timeScale,
      capacity: finite(market.capacity),
      short: market.short,
    },
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

export function instanceStateOf(instance: InstanceView): InstanceState {
  const { spec, stateReason, pid, metadataEndpoint, takenAtMs, rebalanceAtMs } = instance;
  return {
    id: instance.id,
    state: instance.state,
    ...definedFields({ stateReason }),
    type: spec.instanceType,
    zone: spec.zone,
    fleet: spec.fleetId,
    ...definedFields({ pid, metadataEndpoint }),
    directory: instance.directory,
    ...definedFields({ takenAt: isoTime(takenAtMs), rebalanceAt: isoTime(rebalanceAtMs) }),
  };
}

const isoTime = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString();

export function marketStateOf({ instances, market, prices, clock }: Compute): MarketState {
  const live = instances.all().filter(isLive);
  const pools = instanceTypes.flatMap(({ name }) => ZONES.map((zone): Pool => ({ instanceType: name, zone })));
  return {
    pools: pools.map((pool) => ({
      ...pool,
      live: live.filter(({ spec }) => spec.instanceType === pool.instanceType && spec.zone === pool.zone).length,
      capacity: finite(market.capacityOf(pool)),
      dollarsPerHour: prices.at(pool, clock.nowMs()),
    })),
    events: market.events(),
  };
}

const finite = (count: number): number | null => (Number.isFinite(count) ? count : null);
