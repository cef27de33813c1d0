/** Generates the reference of the whole command line for `npm run docs`: the runner's commands and those of the emulator. */
import { emulatorCommands } from '../../emulator/commands/emulator.js';
import { openHost } from '../../emulator/wiring/local-machine.js';
import { emulatorStacks } from '../../emulator/wiring/stacks.js';
import { cliReference } from '../../runner/cli/reference.js';

export const wholeCliReference = (): string => cliReference([emulatorCommands({ stacks: emulatorStacks, openHost })]);
