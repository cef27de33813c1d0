/** `spotpool emulator host | fleet | stack`: what a stack on an emulator of AWS (LocalStack, moto) needs beyond a deploy. */
import type { CommandGroup } from '../../runner/cli/command.js';
import type { EmulatorStacks } from '../emulator.js';
import type { OpenHost } from '../host/open-host.js';
import { fleetCommands } from './fleet.js';
import { hostCommand } from './host.js';
import { stackCommands } from './stack.js';

export interface EmulatorPorts {
  readonly stacks: EmulatorStacks;
  readonly openHost: OpenHost;
}

/** The composition root (runner/main.ts) hands these commands to the program, because runner/ does not import emulator/. */
export const emulatorCommands = ({ stacks, openHost }: EmulatorPorts): CommandGroup => ({
  name: 'emulator',
  description: 'Run a stack on LocalStack or moto. Start the emulator yourself before.',
  examples: [
    'spotpool emulator stack create --endpoint http://127.0.0.1:5000',
    'spotpool emulator host &',
    'spotpool submit data.csv --model ./model.ts',
    'spotpool emulator stack delete',
  ],
  commands: [hostCommand(openHost), fleetCommands(stacks), stackCommands(stacks)],
});
