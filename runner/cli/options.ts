/** Support for commands that are not defined by cli/command.ts yet. */
import type { Command } from 'commander';
import { jsonOption } from './command.js';
import { makeOption } from './option-rows.js';

export { MOST_WORKERS } from './values.js';

export const addJsonOption = (command: Command): Command => command.addOption(makeOption('json', jsonOption.json));
