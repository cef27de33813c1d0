/**
 * How an idle worker leaves a fleet that is above its target (R6). core/contract/fleet-state.ts has the protocol,
 * core/pool/exit-ticket.ts the decisions.
 *
 * Invariant: `tryLeave` returns only when no ticket of this worker is open. Either the worker holds a confirmed ticket
 * (true: it ends itself), or the ticket that it wrote is void (false). After a write whose reply was lost, the ticket
 * is read until its state is known.
 */
import {
  decodeExitTicket,
  encodeExitTicket,
  decodeFleetState,
  type ExitTicket,
  type FleetState,
} from '../../core/contract/fleet-state.js';
import { judgeTicket, ticketsToTry } from '../../core/pool/exit-ticket.js';
import { exitTicketKey, fleetStateKey } from '../../core/contract/keys.js';
import { couldNot } from '../could-not.js';
import type { Clock, EventSink, ObjectStore } from '../ports.js';

const RETRY_MS = 1_000;

export interface ExitTicketsOptions {
  readonly instance: string;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly events: EventSink;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
}

export class ExitTickets {
  #reportedBadState = false;

  readonly #options: ExitTicketsOptions;

  constructor(options: ExitTicketsOptions) {
    this.#options = options;
  }

  async tryLeave(signal: AbortSignal): Promise<boolean> {
    const state = await this.#readState(signal);
    if (state === undefined) return false;
    for (const number of ticketsToTry(state, this.#options.random())) {
      const key = exitTicketKey(state.generation, number);
      if (await this.#take(key, signal)) return this.#confirm(key, state.generation, signal);
    }
    return false;
  }

  /** The pool's jobs that had work when its target was decided; undefined before the first decision. */
  async jobsWithWork(signal: AbortSignal): Promise<readonly string[] | undefined> {
    return (await this.#readState(signal))?.jobs;
  }

  async #take(key: string, signal: AbortSignal): Promise<boolean> {
    const { store } = this.#options;
    try {
      const result = await store.put(key, this.#ticket(), { signal, ifNoneMatch: true });
      if (result.kind === 'written') return true;
    } catch (error) {
      signal.throwIfAborted();
      this.#reportTrouble('taking an exit ticket', 'take an exit ticket', error, 'checking who has it');
    }
    // The ticket is another worker's, or our own, whose reply was lost.
    return this.#retryUntilKnown('looking at an exit ticket', 'read an exit ticket', signal, async () => {
      const stored = await store.get(key, { signal });
      if (stored === undefined) return false;
      const ticket = decodeExitTicket(stored.body);
      return ticket?.instance === this.#options.instance && ticket.void !== true;
    });
  }

  async #confirm(key: string, generation: number, signal: AbortSignal): Promise<boolean> {
    return this.#retryUntilKnown('confirming an exit ticket', 'confirm an exit ticket', signal, async () => {
      if (judgeTicket(generation, await this.#readState(signal)) === 'leave') return true;
      await this.#options.store.put(key, this.#ticket(true), { signal });
      return false;
    });
  }

  async #readState(signal: AbortSignal): Promise<FleetState | undefined> {
    const stored = await this.#options.store.get(fleetStateKey, { signal });
    if (stored === undefined) return undefined;
    const state = decodeFleetState(stored.body);
    if (state === undefined && !this.#reportedBadState) {
      this.#reportedBadState = true;
      const message = `${fleetStateKey} is not a valid fleet state and is treated as missing. The next pass of a controller rewrites it.`;
      this.#options.events.emit({ code: 'trouble', doing: "reading the fleet's state", message });
    }
    return state;
  }

  async #retryUntilKnown<T>(doing: string, act: string, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await run();
      } catch (error) {
        signal.throwIfAborted();
        this.#reportTrouble(doing, act, error);
      }
      await this.#options.clock.sleep(RETRY_MS, signal);
    }
  }

  #ticket(isVoid = false): string {
    const { instance, clock } = this.#options;
    const at = new Date(clock.nowMs()).toISOString();
    const ticket: ExitTicket = isVoid ? { instance, at, void: true } : { instance, at };
    return encodeExitTicket(ticket);
  }

  #reportTrouble(doing: string, act: string, error: unknown, next?: string): void {
    this.#options.events.emit({ code: 'trouble', doing, message: couldNot(act, error, next) });
  }
}
