/**
 * What a maintain fleet does next: pure. Fulfilled capacity is what is pending or running; what waits for the market counts as well,
 * or a fleet would ask for it again at each look.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-fleet-request-type.html
 */
export interface FleetMember {
  readonly id: string;
  readonly dollarsPerHour: number;
  /** It is under notice: it counts until it is gone, but nobody need take it again. */
  readonly leaving: boolean;
}

export interface FleetSnapshot {
  readonly target: number;
  readonly keepsSurplus: boolean;
  /** Pending or running, in order of launch. */
  readonly fulfilling: readonly FleetMember[];
  readonly openRequests: number;
  /** Its launches fail: it waits before the next. */
  readonly isHeldBack: boolean;
}

export interface FleetDecision {
  readonly launch: number;
  /** Open requests to call off, the newest first. */
  readonly cancel: number;
  /** Instances to end, with a notice. */
  readonly end: readonly string[];
  readonly reason: string;
}

export function decideFleet(snapshot: FleetSnapshot): FleetDecision {
  const { target, fulfilling, openRequests } = snapshot;
  const wanted = target - fulfilling.length;
  if (wanted > openRequests) {
    if (snapshot.isHeldBack) return { launch: 0, cancel: 0, end: [], reason: 'its launches fail: it waits' };
    const launch = wanted - openRequests;
    return { launch, cancel: 0, end: [], reason: `fulfilled ${fulfilling.length} of ${target}: ${launch} more` };
  }
  const cancel = openRequests - Math.max(0, wanted);
  const staying = fulfilling.filter((member) => !member.leaving);
  const surplus = snapshot.keepsSurplus ? 0 : Math.max(0, staying.length - target);
  return {
    launch: 0,
    cancel,
    end: dearestFirst(staying)
      .slice(0, surplus)
      .map((member) => member.id),
    reason:
      surplus > 0 || cancel > 0
        ? `above the target ${target}: ${cancel} requests called off, ${surplus} instances ended`
        : `${fulfilling.length} instances for a target of ${target}: nothing to do`,
  };
}

/** Of equally dear ones the newest goes first: it has done the least. */
const dearestFirst = (members: readonly FleetMember[]): readonly FleetMember[] =>
  [...members].reverse().sort((one, other) => other.dollarsPerHour - one.dollarsPerHour);
