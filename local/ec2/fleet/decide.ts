/**
 * Decides the next step of a maintain fleet; a pure function. Pending and running instances count as fulfilled
 * capacity. Requests that wait for the market count as well, because the fleet would otherwise repeat them at each
 * look. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-fleet-request-type.html
 */
export interface FleetMember {
  readonly id: string;
  readonly dollarsPerHour: number;
  /** True for an instance under notice: it counts until it is gone, but must not be taken again. */
  readonly leaving: boolean;
}

export interface FleetSnapshot {
  readonly target: number;
  readonly keepsSurplus: boolean;
  /** Pending and running instances, in order of launch. */
  readonly fulfilling: readonly FleetMember[];
  readonly openRequests: number;
  /** True while the fleet backs off after failed launches. */
  readonly isHeldBack: boolean;
}

export interface FleetDecision {
  readonly launch: number;
  /** The number of open requests to cancel, the newest first. */
  readonly cancel: number;
  /** Instances to end, with a notice. */
  readonly end: readonly string[];
  readonly reason: string;
}

export function decideFleet(snapshot: FleetSnapshot): FleetDecision {
  const { target, fulfilling, openRequests } = snapshot;
  const wanted = target - fulfilling.length;
  if (wanted > openRequests) {
    if (snapshot.isHeldBack) return { launch: 0, cancel: 0, end: [], reason: 'launches fail: backing off' };
    const launch = wanted - openRequests;
    return { launch, cancel: 0, end: [], reason: `fulfilled ${fulfilling.length} of ${target}: ${launch} more` };
  }
  const cancel = openRequests - Math.max(0, wanted);
  const staying = fulfilling.filter((member) => !member.leaving);
  const surplus = snapshot.keepsSurplus ? 0 : Math.max(0, staying.length - target);
  return {
    launch: 0,
    cancel,
    end: mostExpensiveFirst(staying)
      .slice(0, surplus)
      .map((member) => member.id),
    reason:
      surplus > 0 || cancel > 0
        ? `above the target ${target}: canceling ${cancel} requests, ending ${surplus} instances`
        : `${fulfilling.length} instances for a target of ${target}: nothing to do`,
  };
}

/** Among equally expensive instances the newest ends first, because it has done the least work. */
const mostExpensiveFirst = (members: readonly FleetMember[]): readonly FleetMember[] =>
  [...members].reverse().sort((one, other) => other.dollarsPerHour - one.dollarsPerHour);
