/**
 * R6: decides the next step towards the target. A new observation follows each step.
 *
 * Order: close the generation → set the fleet's target (always no-termination) → see it in a describe → publish target and grants.
 * Why this is safe, even with other controllers at work:
 * - An observation reads `state.json` first, then the fleet, then the tickets, and each publication is conditional on that state. While grants are 0,
 *   no ticket can become valid, so a count of tickets that began after such a read is complete when the put succeeds.
 * - `live − leaving − target` exits are granted, and holders of tickets of every generation count as leaving. So tickets alone never bring the live
 *   instances that the describe call showed below the target.
 * - An exit changes neither the grants that are right nor those that are unused: a ticket that is taken lowers both by one, an instance that goes lowers
 *   live and leaving by one. So an open generation that needs no change stays open.
 */
import type { FleetState } from '../contract/fleet-state.js';

export interface ExitTicketSeen {
  readonly generation: number;
  readonly instance: string;
  readonly void: boolean;
}

export interface FleetObservation {
  /** `state.json` as it was read first; undefined before it is written for the first time. */
  readonly state: FleetState | undefined;
  /** The target as the describe call showed it. */
  readonly shownTarget: number;
  readonly modifying: boolean;
  /** The ids of pending and running instances. */
  readonly live: ReadonlySet<string>;
  /** Live instances that go without a grant, because of an interruption notice or a drain. */
  readonly departing: ReadonlySet<string>;
  readonly tickets: readonly ExitTicketSeen[];
  readonly desired: { readonly target: number; readonly jobs: readonly string[] };
  /** A target that was accepted so recently that describe calls may not show it yet; undefined once a call has shown it. */
  readonly awaited: number | undefined;
}

export type NewFleetState = Omit<FleetState, 'version' | 'at'>;

export type FleetAction =
  | { readonly kind: 'close'; readonly state: NewFleetState; readonly reason: string }
  | { readonly kind: 'set-target'; readonly target: number; readonly raise: boolean; readonly reason: string }
  | { readonly kind: 'publish'; readonly state: NewFleetState; readonly reason: string }
  | { readonly kind: 'wait'; readonly reason: string }
  | { readonly kind: 'none' };

/** Returns how many exits are right: as many as there are live instances above the target, without those that leave already. */
export const exitsAbove = (pool: {
  readonly live: number;
  readonly leaving: number;
  readonly target: number;
}): number => Math.max(0, pool.live - pool.leaving - pool.target);

const BEFORE_THE_FIRST: NewFleetState = { generation: 0, target: 0, grants: 0, jobs: [] };

export function nextFleetAction(seen: FleetObservation): FleetAction {
  const state: NewFleetState = seen.state ?? BEFORE_THE_FIRST;
  const { desired } = seen;
  const grants = exitsAbove({ live: seen.live.size, leaving: leaving(seen), target: desired.target });
  const unused = Math.max(0, state.grants - takenIn(state.generation, seen.tickets));
  const awaitsAnother = seen.awaited !== undefined && seen.awaited !== desired.target;
  const shown = seen.shownTarget === desired.target && !seen.modifying && !awaitsAnother;
  const known = new Set(state.jobs);
  const isPublished =
    state.target === desired.target && unused === grants && desired.jobs.every((job) => known.has(job));
  if (shown && isPublished) return { kind: 'none' };

  const generation = state.generation + 1;
  if (state.grants > 0) {
    const reason = shown
      ? `${unused} exits are open and ${grants} are right`
      : `the target is to be ${desired.target}, not ${seen.shownTarget}`;
    return { kind: 'close', state: { ...state, generation, grants: 0 }, reason };
  }
  if (seen.modifying) return { kind: 'wait', reason: 'the fleet is being modified' };
  if (!shown) {
    if (seen.awaited === desired.target) {
      return { kind: 'wait', reason: `the fleet accepted target ${desired.target} and does not show it yet` };
    }
    // If it were lowered at once, the fleet would show a target as low as before the raise. Then nobody could tell which of the two it is, or whether
    // the instances of the raise are shown.
    if (seen.awaited !== undefined && seen.awaited > desired.target && seen.awaited !== seen.shownTarget) {
      return {
        kind: 'wait',
        reason: `the fleet accepted target ${seen.awaited}, which must be seen before it is lowered`,
      };
    }
    const raise = desired.target > Math.min(seen.shownTarget, seen.awaited ?? seen.shownTarget);
    const reason = `the fleet's target is ${seen.shownTarget}, wanted are ${desired.target}`;
    return { kind: 'set-target', target: desired.target, raise, reason };
  }
  return {
    kind: 'publish',
    state: { ...state, generation, target: desired.target, grants, jobs: desired.jobs },
    reason: `${seen.live.size === 1 ? '1 instance is' : `${seen.live.size} instances are`} live, ${leaving(seen)} of them leaving; the target is ${desired.target}`,
  };
}

function leaving({ live, departing, tickets }: FleetObservation): number {
  const holders = tickets.filter((ticket) => !ticket.void).map(({ instance }) => instance);
  return new Set([...departing, ...holders].filter((instance) => live.has(instance))).size;
}

/** A void ticket of the open generation has used up its number, too. */
function takenIn(generation: number, tickets: readonly ExitTicketSeen[]): number {
  return tickets.filter((ticket) => ticket.generation === generation).length;
}
