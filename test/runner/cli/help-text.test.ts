/** The rules of help texts: each begins with a verb, and has one thought a sentence. */
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { emulatorCommands } from '../../../emulator/commands/emulator.js';
import { openHost } from '../../../emulator/wiring/local-machine.js';
import { emulatorStacks } from '../../../emulator/wiring/stacks.js';
import { buildProgram } from '../../../runner/cli/program.js';
import { FakeStack } from '../../support/fake-stack.js';

/** A new text may begin with another verb: add it here. */
const VERBS = new Set(
  (
    'begin check compare compute count create cut delay delete display draw end enqueue exit expect fail follow give go ignore install keep lease leave let limit list listen load make name open ' +
    'point post print put reach read rebuild recommend reclaim refuse remove repeat replace run say separate set ship show simulate sort stagger start stay ' +
    'stop submit take try use with write'
  ).split(' '),
);
/** `with` begins a sentence of a verb: "with string, submit …". */
const MOST_WORDS = 30;
const LINE_COLUMNS = 80;

function* commandsOf(command: Command): Generator<Command> {
  yield command;
  for (const member of command.commands) yield* commandsOf(member);
}

const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;

const host = { context: new FakeStack().context(), finish: () => undefined };
const program = buildProgram(host, [emulatorCommands({ stacks: emulatorStacks, openHost })]);

interface HelpText {
  readonly where: string;
  readonly text: string;
}

const texts: readonly HelpText[] = [...commandsOf(program)].flatMap((command) => {
  const help = command.createHelp();
  return [
    { where: pathOf(command), text: command.description() },
    ...help
      .visibleOptions(command)
      .map((option) => ({ where: `${pathOf(command)} ${option.flags}`, text: option.description })),
  ];
});

describe('help texts', () => {
  it('begin with a verb', () => {
    const wrong = texts.filter(({ text }) => !VERBS.has(text.split(/[\s,:]/)[0]?.toLowerCase() ?? ''));
    expect(wrong).toEqual([]);
  });

  it(`have no sentence of more than ${MOST_WORDS} words`, () => {
    const isLong = (sentence: string): boolean => sentence.split(/\s+/).length > MOST_WORDS;
    expect(texts.filter(({ text }) => text.split(/[.;(]\s*/).some(isLong))).toEqual([]);
  });

  it('have examples that fit into a line each', () => {
    const wide = [...commandsOf(program)].flatMap((command) => {
      let text = '';
      command.configureOutput({ writeOut: (some) => void (text += some) }).outputHelp();
      // Some have a remark behind them.
      const examples = text.split('\n').flatMap((line) => /^ {2}\$ .*?(?= {3}|$)/.exec(line)?.[0] ?? []);
      return examples.filter((example) => example.length > LINE_COLUMNS);
    });
    expect(wide).toEqual([]);
  });

  it('of a list of commands fit into a line each', () => {
    for (const command of commandsOf(program)) {
      const help = command.createHelp();
      help.helpWidth = LINE_COLUMNS;
      const width = help.padWidth(command, help);
      for (const member of help.visibleCommands(command)) {
        const line = `  ${help.subcommandTerm(member).padEnd(width)}  ${help.subcommandDescription(member)}`;
        expect(line.length, line).toBeLessThanOrEqual(LINE_COLUMNS);
      }
    }
  });
});
