/** The reference of the whole command line, as `npm run docs` writes it: the runner's commands and those of the emulator. */
import { cliReference } from '../../runner/cli/reference.js';
import { emulatorCommands } from '../commands/emulator.js';
import { openHost } from './local-machine.js';
import { emulatorStacks } from './stacks.js';

export const wholeCliReference = (): string => cliReference([emulatorCommands({ stacks: emulatorStacks, openHost })]);
