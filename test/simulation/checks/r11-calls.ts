/** R11: every call ends within its limits, however silent the service is, and no process has more calls under way than it has a reason for. */
import { MOST_AHEAD_PER_SLOT } from '../../../core/batch/lease-ahead.js';
import type { Observer, OpenCall } from '../calls.js';
import type { SimulatedProcess } from '../process.js';
import type { World } from '../world/world.js';

/** Five tries of thirty seconds at most, and the pauses between them (aws/call-limits.ts). */
const LONGEST_CALL_MS = 240_000;
const LOOK_EVERY_MS = 30_000;
/** Two parts of a process may ask for the same at once. A loop that asks again before it has its answer asks ever more often in an outage. */
const MOST_ALIKE = 4;
/** Slots of the jobs here, at most (jobs.ts). */
const MOST_SLOTS = 3;
/**
 * AWS's clients have 64 sockets, and queue what is beyond (aws/clients.ts). A controller reads four jobs at once, and 32 outcomes of each. A worker asks for one
 * thing at a time about each batch that it holds.
 */
const MOST_AT_ONCE = {
  controller: 4 * 32 + 4,
  worker: MOST_SLOTS * (MOST_AHEAD_PER_SLOT + 1) + 16,
  submit: 64,
  user: 64,
};

export class Calls implements Observer {
  /** The calls under way of each process, the oldest first. */
  readonly #open = new Map<SimulatedProcess, Set<OpenCall>>();
  /** Calls that began before this time may have stood still with their process. */
  readonly #frozenUntilMs = new Map<SimulatedProcess, number>();
  readonly #told = new Set<SimulatedProcess>();
  #lookAtMs = 0;

  onCallBegan(call: OpenCall, world: World): void {
    const { process } = call;
    const open = this.#open.get(process) ?? new Set();
    this.#open.set(process, open);
    open.add(call);
    this.#checkAtOnce(call, open, world);
    if (world.clock.nowMs < this.#lookAtMs) return;
    this.#lookAtMs = world.clock.nowMs + LOOK_EVERY_MS;
    this.#look(world);
  }

  onCallSettled(call: OpenCall): void {
    this.#open.get(call.process)?.delete(call);
  }

  onFault(_: string, { clock, controllers, fleet, submits }: World): void {
    for (const process of [...controllers, ...submits, ...fleet.live.map((instance) => instance.process)]) {
      if (process.frozenUntilMs > clock.nowMs) this.#frozenUntilMs.set(process, process.frozenUntilMs);
    }
  }

  onEnd(world: World): void {
    this.#look(world);
  }

  #checkAtOnce({ process, what }: OpenCall, open: ReadonlySet<OpenCall>, world: World): void {
    if (open.size <= MOST_ALIKE || this.#told.has(process)) return;
    const alike = [...open].filter((other) => other.what === what).length;
    if (open.size <= MOST_AT_ONCE[process.kind] && alike <= MOST_ALIKE) return;
    this.#told.add(process);
    const many =
      alike > MOST_ALIKE ? `asks ${alike} times at once: ${what}` : `has ${open.size} calls under way at once`;
    world.problem(`R11: ${process.name} ${many}`);
  }

  #look(world: World): void {
    for (const [process, open] of this.#open) {
      if (process.isDead) this.#open.delete(process);
      const [oldest] = open;
      if (process.isDead || oldest === undefined || this.#told.has(process)) continue;
      const { askedAtMs, service } = oldest;
      if (askedAtMs <= (this.#frozenUntilMs.get(process) ?? Number.NEGATIVE_INFINITY)) continue;
      if (world.clock.nowMs - askedAtMs < LONGEST_CALL_MS) continue;
      this.#told.add(process);
      world.problem(
        `R11: a call of ${process.name} to ${service} has had no end for ${(world.clock.nowMs - askedAtMs) / 1000} s`,
      );
    }
  }
}
