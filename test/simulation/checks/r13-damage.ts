/** R13: what others wrote ends nothing. While every service answers, no pass of a controller throws, whatever lies in the bucket. */
import type { Observer } from '../calls.js';
import type { SimulatedProcess } from '../process.js';
import type { World } from '../world/world.js';
import type { Calm } from './calm.js';

/** A pass may have begun before the trouble was over. */
const AFTER_TROUBLE_MS = 120_000;

export class Damage implements Observer {
  readonly #calm: Calm;

  constructor(calm: Calm) {
    this.#calm = calm;
  }

  onPassFailed(process: SimulatedProcess, error: unknown, world: World): void {
    if (world.isOver || !this.#calm.isUndisturbed(process, world, AFTER_TROUBLE_MS)) return;
    world.problem(
      `R13: a pass of ${process.name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }
}
