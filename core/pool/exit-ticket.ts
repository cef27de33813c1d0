/** The worker's side of rule R6: the tickets that an idle worker tries to create, and the validity of the ticket that it holds (core/contract/fleet-state.ts). */
import type { FleetState } from '../contract/fleet-state.js';

/**
 * The number of tickets that are tried in one look at the state. Without a limit, thousands of grants that are mostly taken would cost thousands of
 * requests. The next look, a second later, tries others.
 */
export const MAX_TICKETS_TRIED = 8;

/** Returns the numbers of the tickets to try, in order. The start is random, so that idle workers do not all try the same ticket. */
export function ticketsToTry(state: FleetState | undefined, random: number): readonly number[] {
  if (state === undefined || state.grants <= 0) return [];
  const start = Math.floor(random * state.grants) % state.grants;
  const count = Math.min(state.grants, MAX_TICKETS_TRIED);
  return Array.from({ length: count }, (_, step) => (start + step) % state.grants);
}

/** `leave`: the ticket is valid. `void`: the state had moved on, so nobody may rely on the ticket, and its worker stays. */
export function judgeTicket(generation: number, after: FleetState | undefined): 'leave' | 'void' {
  return after?.generation === generation ? 'leave' : 'void';
}
