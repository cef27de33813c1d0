/**
 * A simulated process: a worker, a controller, a submit, a command. Everything that it does goes through its clock and its calls, so that it can be
 * killed (nothing of it ever goes on), frozen (it goes on later, as if nothing had been), and given a clock that is wrong.
 */
import type { Owner, VirtualClock } from './clock.js';
import type { Random } from './random.js';

export type ProcessKind = 'worker' | 'controller' | 'submit' | 'user';

export interface ProcessClock {
  nowMs(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export class SimulatedProcess implements Owner {
  isDead = false;
  frozenUntilMs = 0;
  /** How far its clock is off. */
  skewMs = 0;
  /** Until then none of its calls reaches any service. */
  cutOffUntilMs = 0;
  /** The process's own stream, for the latency of its calls and for its own choices. */
  readonly random: Random;
  readonly clock: ProcessClock;

  constructor(
    readonly kind: ProcessKind,
    readonly name: string,
    clock: VirtualClock,
    random: Random,
  ) {
    this.random = random.fork(name);
    this.clock = {
      nowMs: () => clock.nowMs + this.skewMs,
      sleep: (ms, signal) => clock.sleep(ms, this, signal),
    };
  }

  /** It is called once, when the process is killed. */
  onKilled: () => void = () => undefined;

  kill(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.onKilled();
  }
}
