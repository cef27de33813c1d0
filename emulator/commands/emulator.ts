/** `spotpool emulator host | fleet | stack`: what a stack on an emulator of AWS (LocalStack, moto) needs beyond a deploy. */
import type { AddCommands } from '../../runner/cli/program.js';
import type { EmulatorStacks } from '../emulator.js';
import type { OpenHost } from '../host/open-host.js';
import { addFleetCommands } from './fleet.js';
import { addHostCommand } from './host.js';
import { addStackCommands } from './stack.js';

export interface EmulatorPorts {
  readonly stacks: EmulatorStacks;
  readonly openHost: OpenHost;
}

/** The composition root (runner/main.ts) hands these commands to the program, because runner/ does not import emulator/. */
export const emulatorCommands =
  ({ stacks, openHost }: EmulatorPorts): AddCommands =>
  (program, host) => {
    const emulator = program
      .command('emulator')
      .description('Run a stack on an emulator of AWS that you started yourself (LocalStack, moto).')
      .addHelpText(
        'after',
        '\nExamples:\n  $ spotpool emulator stack create --endpoint http://127.0.0.1:5000\n  $ spotpool emulator host &\n  $ spotpool submit data.csv --model ./model.ts\n  $ spotpool emulator stack delete',
      );
    addHostCommand(emulator, host, openHost);
    addFleetCommands(emulator, host, stacks);
    addStackCommands(emulator, host, stacks);
  };
