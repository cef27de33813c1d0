/**
 * The controller's word to the workers (`fleet/state.json`) and the workers' answers (exit tickets), rule R6.
 *
 * Invariants:
 * - `generation` only grows, each write being conditional on the one that it replaces.
 * - A worker may end itself above the target only with a ticket `fleet/exits/<generation>/<n>.json`, `n < grants`, that it
 *   created (If-None-Match) and after which `state.json` still shows the same generation; if it does not, it voids the ticket.
 * - Grants are opened only from a closed generation (`grants` 0), so no exit of an older generation can be missed in the count.
 * - `teardown` is carried from generation to generation by every controller, and decides target 0, until whoever wrote it takes it away.
 */
export interface FleetState {
  readonly version: 1;
  readonly generation: number;
  /** Published only after a describe call showed it. */
  readonly target: number;
  /** Exits that may be taken in this generation. */
  readonly grants: number;
  /** Jobs that had work left when the target was decided: while none is new, the target only falls (R7). */
  readonly jobs: readonly string[];
  /** The stack is being torn down: nobody raises the fleet any more. */
  readonly teardown?: TeardownMark;
  readonly at: string;
}

export interface TeardownMark {
  /** For people: whose command it is. */
  readonly by: string;
  readonly at: string;
}

export interface ExitTicket {
  readonly instance: string;
  readonly at: string;
  /** The generation had moved on before the ticket was confirmed: its worker stays. */
  readonly void?: true;
}

export type WorkerPhase = 'starting' | 'idle' | 'busy' | 'draining' | 'ended';

/** How a worker runs a job's model, and why. */
export interface ShapeStatus {
  readonly job: string;
  readonly slots: number;
  /** Slices at once in each slot. */
  readonly concurrency: number;
  /** It is not being tried out any more. */
  readonly settled: boolean;
  readonly reason: string;
  /** What the user should know of the slots that they chose. */
  readonly hint?: string;
}

/** `fleet/instances/<id>/status.json`, written by the worker when it changes (at most once a second). */
export interface WorkerStatus {
  readonly instance: string;
  readonly phase: WorkerPhase;
  readonly slots: number;
  /** Of the job that it took a batch of last; absent before the first. */
  readonly shape?: ShapeStatus;
  /** The kind of notice that it has seen. */
  readonly notice?: 'interruption' | 'rebalance';
  readonly instanceType: string;
  readonly zone: string;
  readonly startedAt: string;
  readonly at: string;
}
