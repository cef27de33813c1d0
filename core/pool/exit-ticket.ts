/** A worker's side of rule R6: which tickets an idle worker tries for, and what a ticket that it holds means. See core/contract/fleet-state.ts. */
import type { FleetState } from '../contract/fleet-state.js';

/**
 * Tickets tried in one look at the state. Thousands of grants mostly taken would else cost thousands of requests; the next look,
 * a second later, tries others.
 */
export const MAX_TICKETS_TRIED = 8;

/** Numbers of tickets to try, in order, from a random start so that idle workers do not all meet at the same ticket. */
export function ticketsToTry(state: FleetState | undefined, random: number): readonly number[] {
  if (state === undefined || state.grants <= 0) return [];
  const start = Math.floor(random * state.grants) % state.grants;
  const count = Math.min(state.grants, MAX_TICKETS_TRIED);
  return Array.from({ length: count }, (_, step) => (start + step) % state.grants);
}

/** `leave`: the ticket counts. `void`: the state had moved on, so nobody may rely on the ticket, and its worker stays. */
export function judgeTicket(generation: number, after: FleetState | undefined): 'leave' | 'void' {
  return after?.generation === generation ? 'leave' : 'void';
}
