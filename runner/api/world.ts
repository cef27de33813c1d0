/** The world outside the programs' API, and a stack that is open in it. The command line's context is such a world, too. */
import type { CliContext, StackPorts } from '../cli/context.js';

export type World = Pick<
  CliContext,
  'version' | 'env' | 'cwd' | 'clock' | 'random' | 'user' | 'connect' | 'probe' | 'workerBundle'
>;

export interface OpenedStack {
  readonly world: World;
  readonly ports: StackPorts;
}
