/** The definition of a command, from which commander's command, its help and the reference are made. */
import type { Command } from 'commander';
import { definedFields } from '../../core/defined-fields.js';
import { noteFailure } from '../errors.js';
import type { CliContext, StackPorts } from './context.js';
import {
  makeOption,
  type NoOptions,
  type OptionRows,
  type OptionValues,
  readOptions,
  toggle,
  usageOf,
} from './option-rows.js';
import { stackArguments } from '../commands/advice/command-lines.js';
import { openStack } from './open-stack.js';
import { namingStack } from './stack-hints.js';
import { type StackFlags, stackOptions } from './stack-options.js';

export interface Call<ArgumentName extends string = never, Rows extends OptionRows = NoOptions> {
  readonly context: CliContext;
  readonly args: Readonly<Record<ArgumentName, string>>;
  readonly options: OptionValues<Rows> & { readonly json: boolean };
  /** Every argument in its order. A command whose last argument may repeat takes them from here. */
  readonly words: readonly string[];
  /** The words of the command line behind the command's name. */
  readonly rawArguments: readonly string[];
}

export interface CommandDefinition<ArgumentName extends string = string, Rows extends OptionRows = OptionRows> {
  readonly name: string;
  /** It begins with a verb. Its first sentence stands in the list of commands, so it must fit into a line there. */
  readonly description: string;
  /** The help of each argument by its name, in their order. All of them are required, unless the last one is optional. */
  readonly args: Readonly<Record<ArgumentName, string>>;
  /** True when the last argument may be given several times. */
  readonly repeats?: true;
  /** True when the last argument may be left out. The command then gets an empty text. */
  readonly optional?: true;
  readonly options: Rows;
  /** These are command lines, which may end with a remark. */
  readonly examples: readonly string[];
  /** True when help and reference leave it out. */
  readonly hidden?: true;
  /** It resolves with the exit code. */
  run(call: Call<ArgumentName, Rows>): Promise<number>;
}

/** A command that only holds other commands. */
export interface CommandGroup {
  readonly name: string;
  readonly description: string;
  readonly examples: readonly string[];
  readonly commands: readonly CommandEntry[];
  readonly hidden?: true;
}

export type CommandEntry = CommandDefinition | CommandGroup;

export interface CommandHost {
  readonly context: CliContext;
  /** It is called with the exit code when a command has ended. */
  readonly finish: (exitCode: number) => void;
}

/** Returns the first sentence of the description, without its full stop. */
export const summaryOf = ({ description }: CommandEntry): string => description.replace(/\.( .*)?$/, '');

export const isGroup = (entry: CommandEntry): entry is CommandGroup => 'commands' in entry;

/** Every command has this option. */
export const jsonOption = { json: toggle('print JSON for programs instead of text for people') };

/** Checks the types of a definition. The result forgets them, so that all commands fit into one list. */
export const defineCommand = <ArgumentName extends string, Rows extends OptionRows>(
  definition: CommandDefinition<ArgumentName, Rows>,
): CommandDefinition => definition;

export interface StackCall<ArgumentName extends string = never, Rows extends OptionRows = NoOptions> extends Call<
  ArgumentName,
  Rows & typeof stackOptions
> {
  readonly ports: StackPorts;
}

/** Defines a command that works on one stack. It has the options that name the stack, and runs once the stack is connected. */
export const defineStackCommand = <ArgumentName extends string, Rows extends OptionRows>(
  definition: Omit<CommandDefinition<ArgumentName, Rows>, 'run'> & {
    run(call: StackCall<ArgumentName, Rows>): Promise<number>;
  },
): CommandDefinition =>
  defineCommand<ArgumentName, Rows & typeof stackOptions>({
    ...definition,
    options: { ...definition.options, ...stackOptions },
    run: async (call) => definition.run({ ...call, ports: await openStack(call.context, call.options) }),
  });

/** Adds a command, or a group with its commands, to a program or a group. */
export function addCommand(parent: Command, entry: CommandEntry, host: CommandHost): Command {
  const command = parent
    .command(entry.name, { hidden: entry.hidden ?? false })
    .description(entry.description)
    .summary(summaryOf(entry))
    .addHelpText('after', examplesText(entry.examples));
  if (isGroup(entry)) {
    for (const member of entry.commands) addCommand(command, member, host);
    return command;
  }
  for (const [name, help] of Object.entries(entry.args)) command.argument(argumentUsage(entry, name), help);
  const rows = { ...entry.options, ...jsonOption };
  for (const [name, row] of Object.entries(rows)) command.addOption(makeOption(name, row));
  const argumentNames = Object.keys(entry.args);
  return command.action(async () => {
    requireOptions(command, rows);
    const args = Object.fromEntries(argumentNames.map((name, n) => [name, command.args[n] ?? '']));
    const options = { json: false, ...readOptions(rows, command.opts()) };
    const { context } = host;
    const words = command.args;
    try {
      host.finish(await entry.run({ context, args, words, options, rawArguments: rawArguments(command) }));
    } catch (error) {
      const named = namingStack(error, stackArguments(stackOf(options)));
      noteFailure(named, definedFields({ job: args['job'] || undefined }));
      throw named;
    }
  });
}

/** Returns the options that name a stack, of a command that has them. */
function stackOf({ local, stack }: Readonly<Record<string, unknown>>): StackFlags {
  return {
    ...(local === true ? { local } : {}),
    ...(typeof stack === 'string' ? { stack } : {}),
  };
}

/** Returns `<job>`, `<dataset...>` for an argument that may be given several times, or `[job]` for one that may be left out. */
export function argumentUsage(
  { args, repeats, optional }: Pick<CommandDefinition, 'args' | 'repeats' | 'optional'>,
  name: string,
): string {
  const isLast = name === Object.keys(args).at(-1);
  if (optional === true && isLast) return `[${name}]`;
  return repeats === true && isLast ? `<${name}...>` : `<${name}>`;
}

/** Commander looks for missing options before unknown ones, and so hides that one was mistyped. */
function requireOptions(command: Command, rows: OptionRows): void {
  for (const [name, row] of Object.entries(rows)) {
    if (row.required !== true || command.opts()[makeOption(name, row).attributeName()] !== undefined) continue;
    command.error(`error: required option '${usageOf(name, row)}' not specified`);
  }
}

export const examplesText = (examples: readonly string[]): string =>
  `\nExample${examples.length === 1 ? '' : 's'}:\n${examples.map((example) => `  $ ${example}`).join('\n')}`;

function rawArguments(command: Command): readonly string[] {
  const { rawArgs } = rootOf(command) as Command & { readonly rawArgs: readonly string[] };
  return rawArgs.slice(rawArgs.indexOf(command.name()) + 1);
}

const rootOf = (command: Command): Command => (command.parent === null ? command : rootOf(command.parent));
