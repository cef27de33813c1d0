/**
 * A controller's knowledge of the pool from one pass to the next: one immutable value, and one function that gives its next value. All of it can be
 * learned anew: a controller that starts without it resends lost batches later, and arms the switch once more.
 */
import { lookAtQueue, type Quiet, type QueueCounts } from './quiet.js';
import { NOT_SHORT, type Shortage, shortageAfter } from './shortage.js';

/** EC2's describe calls lag behind by seconds; after this long an accepted target is set again. */
const AWAIT_TARGET_MS = 15_000;

/** `awaited`: the fleet has accepted the target, and no describe call has shown it yet. */
export type TargetState =
  { readonly kind: 'shown' } | { readonly kind: 'awaited'; readonly target: number; readonly acceptedAtMs: number };

/** The dead-man's switch (R9). `disarmed`: this controller took it away, and the fleet has not been in use since. */
export type SwitchState =
  { readonly kind: 'unknown' } | { readonly kind: 'armed'; readonly atMs: number } | { readonly kind: 'disarmed' };

export interface PoolState {
  readonly target: TargetState;
  readonly deadMan: SwitchState;
  readonly shortage: Shortage;
  /** Undefined while the queue is not empty, or nothing waits for it. */
  readonly quiet: Quiet | undefined;
}

export const UNKNOWN_POOL: PoolState = {
  target: { kind: 'shown' },
  deadMan: { kind: 'unknown' },
  shortage: NOT_SHORT,
  quiet: undefined,
};

export type PoolFact =
  | { readonly kind: 'queue-counted'; readonly counts: QueueCounts; readonly atMs: number }
  | { readonly kind: 'no-job-runs' }
  | { readonly kind: 'target-accepted'; readonly target: number; readonly atMs: number }
  | { readonly kind: 'target-described'; readonly target: number }
  | { readonly kind: 'switch-armed'; readonly atMs: number }
  | { readonly kind: 'switch-disarmed' }
  /** This is learned after a failed attempt to arm the switch, too: nobody knows whether the attempt took effect. */
  | { readonly kind: 'fleet-in-use' }
  | { readonly kind: 'capacity-compared'; readonly isShort: boolean; readonly atMs: number };

export function poolStateAfter(state: PoolState, fact: PoolFact): PoolState {
  switch (fact.kind) {
    case 'queue-counted':
      return { ...state, quiet: lookAtQueue(state.quiet, fact.counts, fact.atMs) };
    case 'no-job-runs':
      return { ...state, quiet: undefined };
    case 'target-accepted':
      return { ...state, target: { kind: 'awaited', target: fact.target, acceptedAtMs: fact.atMs } };
    case 'target-described':
      return isAwaited(state.target, fact.target) ? { ...state, target: { kind: 'shown' } } : state;
    case 'switch-armed':
      return { ...state, deadMan: { kind: 'armed', atMs: fact.atMs } };
    case 'switch-disarmed':
      return { ...state, deadMan: { kind: 'disarmed' } };
    case 'fleet-in-use':
      return state.deadMan.kind === 'disarmed' ? { ...state, deadMan: { kind: 'unknown' } } : state;
    case 'capacity-compared':
      return { ...state, shortage: shortageAfter(state.shortage, fact) };
  }
}

const isAwaited = (state: TargetState, target: number): boolean => state.kind === 'awaited' && state.target === target;

/** Returns the target that was accepted so recently that a describe call may not show it yet. */
export function awaitedTarget({ target }: PoolState, nowMs: number): number | undefined {
  if (target.kind === 'shown') return undefined;
  // A clock that was set back must not make it wait for an hour.
  const ageMs = nowMs - target.acceptedAtMs;
  return ageMs >= 0 && ageMs < AWAIT_TARGET_MS ? target.target : undefined;
}

/** Tells whether the switch must be armed again, so that it never fires while the fleet is controlled. */
export const isPushOutDue = ({ deadMan }: PoolState, everyMs: number, nowMs: number): boolean =>
  deadMan.kind !== 'armed' || nowMs - deadMan.atMs >= everyMs;
