/** Makes the reference of the command line from the definitions of the commands. `npm run docs` writes it to docs/reference/cli.md. */
import { argumentUsage, type CommandDefinition, type CommandEntry, isGroup, jsonOption } from './command.js';
import { EXIT_CODES } from './exit-codes.js';
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

const examples = (lines: readonly string[]): string => `\`\`\`sh\n${lines.join('\n')}\n\`\`\``;

const sentence = (help: string): string => `${help.charAt(0).toUpperCase()}${help.slice(1)}.`;

const code = (text: string): string => `\`${text}\``;

/** A bar in a cell would end it, in code as well. */
const cell = (text: string): string => text.replaceAll('|', '\\|');

const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
