/** Decides the fleet's target and the next step towards it, from one observation. The rules are in core/pool/capacity.ts and core/pool/exit-grants.ts. */
import { decideTarget, holdForUnknown, type JobDemand, type TargetDecision } from '../../../core/pool/capacity.js';
import { type FleetAction, nextFleetAction } from '../../../core/pool/exit-grants.js';
import type { WorkerStatus } from '../../../core/contract/fleet-state.js';
import { isDeparting, type FleetReading } from '../observe/read-fleet.js';

/** The demand of all jobs; it stays the same during a pass. */
export interface FleetDemand {
  readonly demands: readonly JobDemand[];
  /** Jobs that cannot be read, and whose demand was never known. */
  readonly unknown: readonly string[];
  readonly maxWorkers: number;
}

export type Statuses = ReadonlyMap<string, WorkerStatus>;

export function decideDesired(
  { demands, unknown, maxWorkers }: FleetDemand,
  { state, description, live }: FleetReading,
  statuses: Statuses,
): TargetDecision {
  const reportedSlots = live.flatMap(({ instance }) => statuses.get(instance)?.slots ?? []);
  const decision = decideTarget({ demands, reportedSlots, maxWorkers, published: state });
  return holdForUnknown(decision, unknown, { shownTarget: description.target, maxWorkers, published: state });
}

export function decideAction(
  desired: TargetDecision,
  reading: FleetReading,
  { statuses, awaited }: { readonly statuses: Statuses; readonly awaited: number | undefined },
): FleetAction {
  return nextFleetAction({
    state: reading.state,
    shownTarget: reading.description.target,
    modifying: reading.description.state === 'modifying',
    live: new Set(reading.live.map(({ instance }) => instance)),
    departing: new Set([...statuses.values()].filter(isDeparting).map(({ instance }) => instance)),
    tickets: reading.tickets,
    desired,
    awaited,
  });
}

/** Nothing can be done with a fleet that is gone. */
export const isGone = ({ description: { state } }: FleetReading): boolean => state === 'deleted' || state === 'failed';
