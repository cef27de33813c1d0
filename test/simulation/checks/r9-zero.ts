/**
 * R9: no raise without a switch that this controller has armed, no fleet without a switch for long, and nothing is left in the end.
 */
import type { Observer, ServiceCall } from '../calls.js';
import type { SimulatedProcess } from '../process.js';
import type { World } from '../world/world.js';
import type { Calm } from './calm.js';

/** A controller whose pass is slow arms the switch again within this time. */
const UNARMED_MOST_MS = 5 * 60_000;
const SWITCH_MS = 15 * 60_000;

export class Zero implements Observer {
  readonly #calm: Calm;
  /** The controllers that have armed the switch since they last looked at the fleet. */
  readonly #armed = new Set<SimulatedProcess>();
  /** The first call of each process. */
  readonly #since = new Map<SimulatedProcess, number>();
  #unarmedSinceMs: number | undefined;
  #isReported = false;

  constructor(calm: Calm) {
    this.#calm = calm;
  }

  onCall(call: ServiceCall, world: World): void {
    const { process, atMs } = call;
    if (!this.#since.has(process)) this.#since.set(process, atMs);
    if (call.operation === 'scheduler.arm') this.#armed.add(process);
    if (call.operation === 'scheduler.disarm' || call.operation === 'ec2.describe') this.#armed.delete(process);
    if (call.operation === 'scheduler.arm' && call.firesAtMs > atMs + SWITCH_MS) {
      world.problem(`R9: ${process.name} armed the switch for ${call.firesAtMs - atMs} ms from now`);
    }
    if (call.operation === 'ec2.set-target' && call.result === 'accepted' && call.target > call.before) {
      // It is a raise even if the describe call was late, and showed a higher target.
      if (!this.#armed.has(process)) {
        world.problem(
          `R9: ${process.name} raised the target from ${call.before} to ${call.target} without arming the switch`,
        );
      }
    }
    this.#checkArmed(call, world);
    this.#checkPushedOut(call, world);
  }

  onEnd(world: World): void {
    const { deadMan, fleet } = world;
    if (fleet.target > 0) world.problem(`R9: the target is ${fleet.target} in the end`);
    if (fleet.live.length > 0) world.problem(`R9: ${fleet.live.map(({ id }) => id).join(', ')} live in the end`);
    if (deadMan.firesAtMs !== undefined) world.problem('R9: the switch is armed in the end');
  }

  /** Every pass pushes the switch out: while a controller is at work, it never comes near its time. */
  #checkPushedOut({ process }: ServiceCall, world: World): void {
    const { nowMs } = world.clock;
    const { firesAtMs } = world.deadMan;
    if (process.kind !== 'controller' || firesAtMs === undefined || world.fleet.target === 0) return;
    const sinceMs = this.#since.get(process) ?? nowMs;
    if (firesAtMs > nowMs + SWITCH_MS - UNARMED_MOST_MS || nowMs - sinceMs <= UNARMED_MOST_MS) return;
    if (this.#isReported || !this.#calm.isUndisturbed(process, world, UNARMED_MOST_MS)) return;
    this.#isReported = true;
    world.problem(`R9: ${process.name} is at work, and the switch fires in ${firesAtMs - nowMs} ms`);
  }

  #checkArmed({ atMs, process }: ServiceCall, world: World): void {
    if (world.fleet.target === 0 || world.deadMan.firesAtMs !== undefined) {
      this.#unarmedSinceMs = undefined;
      return;
    }
    this.#unarmedSinceMs ??= atMs;
    const isLong = atMs - this.#unarmedSinceMs > UNARMED_MOST_MS;
    const isCalm = process.kind === 'controller' && this.#calm.isCalm(process, world, UNARMED_MOST_MS);
    if (!isLong || !isCalm || this.#isReported) return;
    this.#isReported = true;
    world.problem(
      `R9: the target is ${world.fleet.target}, and no switch is armed for ${atMs - this.#unarmedSinceMs} ms`,
    );
  }
}
