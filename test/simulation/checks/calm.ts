/**
 * Tells when nothing has disturbed a process for a while. Some rules hold only then: a lease that ran out while its holder was frozen is nobody's fault.
 */
import type { Observer } from '../calls.js';
import type { SimulatedProcess } from '../process.js';
import type { World } from '../world/world.js';

export class Calm implements Observer {
  #lastFaultAtMs = Number.NEGATIVE_INFINITY;
  #jumpedAtMs = Number.NEGATIVE_INFINITY;
  #troubleUntilMs = Number.NEGATIVE_INFINITY;
  readonly #disturbedUntil = new Map<SimulatedProcess, number>();

  onFault(name: string, world: World): void {
    this.#lastFaultAtMs = world.clock.nowMs;
    if (name === 'clock-jump') this.#jumpedAtMs = world.clock.nowMs;
    for (const { untilMs } of world.outages.values()) this.#troubleUntilMs = Math.max(this.#troubleUntilMs, untilMs);
    for (const process of [...world.controllers, ...world.fleet.instances.map((instance) => instance.process)]) {
      const untilMs = Math.max(process.frozenUntilMs, process.cutOffUntilMs);
      if (untilMs > world.clock.nowMs) this.#disturbedUntil.set(process, untilMs);
    }
  }

  /** Nothing has happened to the process or to any service for so long, and no request is ever lost. */
  isCalm(process: SimulatedProcess, world: World, forMs: number): boolean {
    const { nowMs } = world.clock;
    const sinceMs = nowMs - forMs;
    return (
      isReliableSince(world, sinceMs) &&
      this.#lastFaultAtMs < sinceMs &&
      this.#troubleUntilMs < sinceMs &&
      (this.#disturbedUntil.get(process) ?? Number.NEGATIVE_INFINITY) < sinceMs
    );
  }

  /** Nothing disturbed the process itself, any clock or any service for so long; other faults may have happened to others. */
  isUndisturbed(process: SimulatedProcess, world: World, forMs: number): boolean {
    return this.isServed(process, world, forMs) && this.#jumpedAtMs < world.clock.nowMs - forMs;
  }

  /** The process ran and reached every service for so long. Its clock may have jumped. */
  isServed(process: SimulatedProcess, world: World, forMs: number): boolean {
    const sinceMs = world.clock.nowMs - forMs;
    return (
      isReliableSince(world, sinceMs) &&
      this.#troubleUntilMs < sinceMs &&
      (this.#disturbedUntil.get(process) ?? Number.NEGATIVE_INFINITY) < sinceMs
    );
  }
}

/** No request and no reply has been lost since then: a lost reply has effects for as long as the time that is asked about. */
const isReliableSince = ({ clock, isNoisy, settings }: World, sinceMs: number): boolean =>
  settings.lossShare === 0 || (!isNoisy && clock.startMs + settings.chaosMs < sinceMs);
