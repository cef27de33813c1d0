/** Makes the reference of the command line from the definitions of the commands. `npm run docs` writes it to docs/reference/cli.md. */
import { argumentUsage, type CommandDefinition, type CommandEntry, isGroup, jsonOption } from './command.js';
import { EXIT_CODES } from './exit-codes.js';
import { FAILURE_KINDS } from './failure-kinds.js';
import { type OptionRow, usageOf } from './option-rows.js';
import { COMMANDS, PROGRAM } from './program.js';

/** The heading of options that have no group, as commander has it. */
const OTHER_OPTIONS = 'Options:';

/** `more` holds the commands of other folders, as in program.ts. */
export const cliReference = (more: readonly CommandEntry[] = []): string =>
  [
    '# Commands',
    '<!-- Written by `npm run docs` from the definitions of the commands in runner/commands and emulator/commands. -->',
    `${PROGRAM.description} Every command prints its options with \`--help\`.`,
    examples(PROGRAM.examples),
    ...[...COMMANDS, ...more].flatMap((entry) => entrySections(entry, [PROGRAM.name])),
    exitCodes(),
    errorObjects(),
  ].join('\n\n') + '\n';

function entrySections(entry: CommandEntry, parents: readonly string[]): readonly string[] {
  if (entry.hidden) return [];
  const names = [...parents, entry.name];
  const heading = `${'#'.repeat(names.length)} ${names.join(' ')}`;
  if (!isGroup(entry)) return [heading, entry.description, ...commandSections(entry, names), examples(entry.examples)];
  const members = entry.commands.flatMap((member) => entrySections(member, names));
  return [heading, entry.description, examples(entry.examples), ...members];
}

function commandSections(entry: CommandDefinition, names: readonly string[]): readonly string[] {
  const { args, options } = entry;
  const usage = [...names, ...Object.keys(args).map((name) => argumentUsage(entry, name)), '[options]'].join(' ');
  const argumentRows = Object.entries(args).map(([name, help]) => [code(argumentUsage(entry, name)), sentence(help)]);
  const rows = Object.entries({ ...options, ...jsonOption }).filter(([, row]) => !row.hidden);
  const groups = [...new Set(rows.map(([, row]) => row.group ?? OTHER_OPTIONS))];
  return [
    `\`\`\`\n${usage}\n\`\`\``,
    ...(argumentRows.length === 0 ? [] : [table(['argument', 'what it is'], argumentRows)]),
    ...groups.flatMap((group) => [
      group,
      table(
        ['option', 'what it does'],
        rows
          .filter(([, row]) => (row.group ?? OTHER_OPTIONS) === group)
          .map(([name, row]) => [code(usageOf(name, row)), [sentence(row.help), ...values(row)].join(' ')]),
      ),
    ]),
  ];
}

function values({ choices, default: given, defaultText, required }: OptionRow<unknown>): readonly string[] {
  const standard = defaultText ?? (typeof given === 'string' || typeof given === 'number' ? String(given) : undefined);
  return [
    ...(required ? ['Required.'] : []),
    ...(choices === undefined || choices.length === 1 ? [] : [`One of ${choices.map(code).join(', ')}.`]),
    ...(standard === undefined ? [] : [`Default: ${code(standard)}.`]),
  ];
}

const exitCodes = (): string =>
  [
    '## Exit codes',
    table(
      ['code', 'after `run`, `watch` and `results`', 'after other commands'],
      EXIT_CODES.map(({ code: number, ofJobs, ofOthers }) => [String(number), ofJobs, ofOthers]),
    ),
  ].join('\n\n');

const errorObjects = (): string =>
  [
    '## Errors for programs',
    'With `--json` a command that fails prints one line to standard output, too. It is the last line, also behind a stream of events:',
    '```json\n{"error":{"kind":"job-not-found","message":"There is no job herg in this stack. …","exitCode":2,"job":"herg"}}\n```',
    table(
      ['field', 'what it is'],
      [
        [code('kind'), 'One of the words below, whose meaning never changes. New words may come.'],
        [code('message'), 'The sentence on standard error.'],
        [code('exitCode'), 'The exit code of the command.'],
        [code('job'), 'The id of the job that it is about, where one is known.'],
        [code('hint'), 'The state of things and how to go on, where the message does not say it.'],
      ],
    ),
    table(
      ['kind', 'when'],
      Object.entries(FAILURE_KINDS).map(([kind, when]) => [code(kind), when]),
    ),
    'A command that did its work prints its own object, whatever the exit code says of the job. So the last line of `watch --json` is the status of a failed job, and `doctor --json` prints its findings.',
    'There are three exceptions. Nothing is added behind results that go to standard output (`results --out -`), nobody reads a closed output, and a second Ctrl-C ends the process at once.',
  ].join('\n\n');

const examples = (lines: readonly string[]): string => `\`\`\`sh\n${lines.join('\n')}\n\`\`\``;

const sentence = (help: string): string => `${help.charAt(0).toUpperCase()}${help.slice(1)}.`;

const code = (text: string): string => `\`${text}\``;

/** A bar in a cell would end it, in code as well. */
const cell = (text: string): string => text.replaceAll('|', '\\|');

const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
