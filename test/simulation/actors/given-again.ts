/** A command of a person, who gives it again after a while when it fails or its machine dies. */
import type { ProcessKind } from '../process.js';
import { SimulatedProcess } from '../process.js';
import type { Random } from '../random.js';
import type { World } from '../world/world.js';

export interface Command {
  readonly kind: ProcessKind;
  readonly name: string;
  /** The time until it is given again, at most. */
  readonly againMostMs: number;
  run(process: SimulatedProcess): Promise<void>;
  /** Whether the person stops trying after this error. */
  isLast(error: unknown): boolean;
}

export function giveAgain(world: World, random: Random, command: Command): void {
  const again = (): void => {
    const process = new SimulatedProcess(
      command.kind,
      `${command.name}-${world.commands++}`,
      world.clock,
      world.random,
    );
    world.submits.add(process);
    const later = (): void => {
      world.submits.delete(process);
      world.clock.after(random.next() * command.againMostMs, undefined, again);
    };
    process.onKilled = later;
    command.run(process).then(
      () => world.submits.delete(process),
      (error: unknown) => (command.isLast(error) ? world.submits.delete(process) : later()),
    );
  };
  again();
}
