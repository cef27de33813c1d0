/** The dead-man's switch: a schedule that sets the fleet's target to 0 once, and is tried again while the fleet is being modified. */
import { ec2FleetTarget } from '../../../aws/target-requests.js';
import type { DeadManSwitch } from '../../../runner/ports.js';
import type { SimulatedProcess } from '../process.js';
import { FLEET_ID } from './fleet.js';
import { call } from './network.js';
import type { World } from './world.js';

/** The times are those of aws/dead-man-switch.ts. */
const DELAY_MS = 15 * 60_000;
const PUSH_OUT_EVERY_MS = 60_000;
const AGAIN_MS = 2_000;

export class SimulatedSwitch {
  /** When it fires; undefined while there is none. */
  firesAtMs: number | undefined;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** The scheduler looks each second whether the switch is due. */
  keep(): void {
    const { clock, fleet } = this.#world;
    if (this.firesAtMs === undefined || clock.nowMs < this.firesAtMs) return;
    if (fleet.set(ec2FleetTarget(FLEET_ID, 0)) === 'busy') {
      this.firesAtMs = clock.nowMs + AGAIN_MS;
      return;
    }
    this.firesAtMs = undefined;
    this.#world.did('switch-fired');
  }

  switchFor(process: SimulatedProcess): DeadManSwitch {
    return {
      pushOutEveryMs: PUSH_OUT_EVERY_MS,
      arm: (signal) =>
        call(this.#world, process, {
          service: 'scheduler',
          what: 'arm',
          signal,
          act: () => {
            const firesAtMs = this.#world.clock.nowMs + DELAY_MS;
            this.firesAtMs = firesAtMs;
            return { value: undefined, told: { operation: 'scheduler.arm', firesAtMs } };
          },
        }),
      disarm: (signal) =>
        call(this.#world, process, {
          service: 'scheduler',
          what: 'disarm',
          signal,
          act: () => {
            this.firesAtMs = undefined;
            return { value: undefined, told: { operation: 'scheduler.disarm' } };
          },
        }),
    };
  }
}
