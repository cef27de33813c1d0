import fc from 'fast-check';
import { expect, it } from 'vitest';
import { judgeTicket, MAX_TICKETS_TRIED, ticketsToTry } from '../../../core/pool/exit-ticket.js';
import type { FleetState } from '../../../core/contract/fleet-state.js';

const state = (generation: number, grants: number): FleetState => ({
  version: 1,
  generation,
  target: 1,
  grants,
  jobs: [],
  at: '',
});

it('tries no ticket without a state or without grants', () => {
  expect(ticketsToTry(undefined, 0.5)).toEqual([]);
  expect(ticketsToTry(state(1, 0), 0.5)).toEqual([]);
});

it('tries distinct tickets below the grants, from a random start, and not without a bound', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (grants, random) => {
      const tickets = ticketsToTry(state(1, grants), random);
      expect(tickets).toHaveLength(Math.min(grants, MAX_TICKETS_TRIED));
      expect(new Set(tickets).size).toBe(tickets.length);
      for (const ticket of tickets) expect(ticket >= 0 && ticket < grants).toBe(true);
    }),
  );
  expect(ticketsToTry(state(1, 4), 0.5)).toEqual([2, 3, 0, 1]);
});

it('lets a ticket count only while its generation lasts', () => {
  expect(judgeTicket(3, state(3, 1))).toBe('leave');
  expect(judgeTicket(3, state(4, 1))).toBe('void');
  expect(judgeTicket(3, undefined)).toBe('void');
});
