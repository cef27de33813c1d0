/**
 * An idle worker's way out above the target (R6; core/contract/fleet-state.ts has the protocol, core/pool/exit-ticket.ts the decisions).
 *
 * Invariant: `tryLeave` returns only when no ticket of this worker is open: it holds a confirmed one (true: the worker ends itself), or what
 * it wrote is void (false). A write whose reply was lost is looked at until it is known.
 */
import {
  decodeExitTicket,
  decodeFleetState,
  type ExitTicket,
  type FleetState,
} from '../../core/contract/fleet-state.js';
import { errorText } from '../../core/error-text.js';
import { judgeTicket, ticketsToTry } from '../../core/pool/exit-ticket.js';
import { exitTicketKey, fleetStateKey } from '../../core/contract/keys.js';
import type { Clock, EventSink, ObjectStore } from '../ports.js';

const RETRY_MS = 1_000;

export interface ExitTicketsOptions {
  readonly instance: string;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly events: EventSink;
  /** In [0, 1). */
  readonly random: () => number;
}

export class ExitTickets {
  #toldOfState = false;

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

  /** Jobs of the pool that had work when its target was decided. */
  async jobsWithWork(signal: AbortSignal): Promise<readonly string[]> {
    return (await this.#readState(signal))?.jobs ?? [];
  }

  async #take(key: string, signal: AbortSignal): Promise<boolean> {
    const { store } = this.#options;
    try {
      const result = await store.put(key, this.#ticket(), { signal, ifNoneMatch: true });
      if (result.kind === 'written') return true;
    } catch (error) {
      signal.throwIfAborted();
      this.#tell('taking an exit ticket', error);
    }
    // Somebody else's, or our own whose reply was lost.
    return this.#insist('looking at an exit ticket', signal, async () => {
      const stored = await store.get(key, { signal });
      if (stored === undefined) return false;
      const ticket = decodeExitTicket(stored.body);
      return ticket?.instance === this.#options.instance && ticket.void !== true;
    });
  }

  async #confirm(key: string, generation: number, signal: AbortSignal): Promise<boolean> {
    return this.#insist('confirming an exit ticket', signal, async () => {
      if (judgeTicket(generation, await this.#readState(signal)) === 'leave') return true;
      await this.#options.store.put(key, this.#ticket(true), { signal });
      return false;
    });
  }

  async #readState(signal: AbortSignal): Promise<FleetState | undefined> {
    const stored = await this.#options.store.get(fleetStateKey, { signal });
    if (stored === undefined) return undefined;
    const state = decodeFleetState(stored.body);
    if (state === undefined && !this.#toldOfState) {
      this.#toldOfState = true;
      const message = `${fleetStateKey} is no state of a fleet, and is taken for missing. The next pass of a controller writes it anew.`;
      this.#options.events.emit({ code: 'trouble', doing: "reading the fleet's state", message });
    }
    return state;
  }

  async #insist<T>(doing: string, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await act();
      } catch (error) {
        signal.throwIfAborted();
        this.#tell(doing, error);
      }
      await this.#options.clock.sleep(RETRY_MS, signal);
    }
  }

  #ticket(isVoid = false): string {
    const { instance, clock } = this.#options;
    const ticket: ExitTicket = {
      instance,
      at: new Date(clock.nowMs()).toISOString(),
      ...(isVoid ? { void: true } : {}),
    };
    return JSON.stringify(ticket);
  }

  #tell(doing: string, error: unknown): void {
    const why = errorText(error);
    this.#options.events.emit({
      code: 'trouble',
      doing,
      message: `There was trouble ${doing}; it is tried again: ${why}`,
    });
  }
}
