/** Builds the command line from its commands, and turns errors into messages and exit codes. */
import { Command, CommanderError } from 'commander';
import { cancelCommand } from '../commands/cancel.js';
import { compareCommand } from '../commands/compare.js';
import { doctorCommand } from '../commands/doctor.js';
import { errorsCommand } from '../commands/errors.js';
import { fleetCommand } from '../commands/fleet.js';
import { jobsCommand } from '../commands/jobs.js';
import { localCommand } from '../commands/local/local.js';
import { logsCommand } from '../commands/logs.js';
import { predeployCommand } from '../commands/predeploy.js';
import { rerunCommand } from '../commands/rerun.js';
import { reportCommand } from '../commands/report.js';
import { resultsCommand } from '../commands/results.js';
import { resumeCommand } from '../commands/resume.js';
import { rmCommand } from '../commands/rm.js';
import { runCommand } from '../commands/run.js';
import { showCommand } from '../commands/show.js';
import { simulateCommand } from '../commands/simulate/simulate.js';
import { statusCommand } from '../commands/status.js';
import { submitCommand } from '../commands/submit.js';
import { tryCommand } from '../commands/try.js';
import { teardownCommand } from '../commands/teardown.js';
import { watchCommand } from '../commands/watch.js';
import { reportingDamages, type ReportedDamages } from '../controller/report-damages.js';
import { addCommand, type CommandEntry, type CommandHost, examplesText } from './command.js';
import type { CliContext } from './context.js';
import { EXIT, EXIT_CODES_HELP, OUTPUT_CLOSED_EXIT_CODE } from './exit-codes.js';
import { type Failure, failureJson, failureOf, failureSaid, wantsJson, withoutValue } from './failure.js';
import { noteOutput } from './noted-output.js';

/** The commands in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  tryCommand,
  simulateCommand,
  runCommand,
  submitCommand,
  statusCommand,
  watchCommand,
  showCommand,
  reportCommand,
  resultsCommand,
  errorsCommand,
  cancelCommand,
  resumeCommand,
  rerunCommand,
  compareCommand,
  jobsCommand,
  rmCommand,
  logsCommand,
  fleetCommand,
  localCommand,
  doctorCommand,
  predeployCommand,
  teardownCommand,
];

export const PROGRAM = {
  name: 'spotpool',
  description: 'Run a model over a large dataset on AWS Spot capacity: cheaply, quickly, losing nothing.',
  examples: [
    'spotpool run molecules.csv --model ./model.ts --local       on this machine, with a fleet of its own',
    'spotpool run reviews.jsonl --model ./model.py               on the stack that cdk-outputs.json names',
    'spotpool local up && spotpool submit data.jsonl --model ./model.ts --local',
  ],
};

/** `more` adds commands of other folders, which the composition root names. */
export function buildProgram(host: CommandHost, more: readonly CommandEntry[] = []): Command {
  const { terminal } = host.context;
  const program = new Command(PROGRAM.name)
    .description(PROGRAM.description)
    .version(host.context.version, '-V, --version', 'print the version')
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help for the usage)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
      outputError: (text, write) => write(withoutValue(text)),
    })
    .addHelpText('after', `${examplesText(PROGRAM.examples)}\n\n${EXIT_CODES_HELP}`);
  for (const entry of [...COMMANDS, ...more]) addCommand(program, entry, host);
  return program;
}

/** Runs one command line. It never rejects; it resolves with the exit code. */
export async function runCommandLine(
  argv: readonly string[],
  outerContext: CliContext,
  more: readonly CommandEntry[] = [],
): Promise<number> {
  let exitCode: number = EXIT.ok;
  const noted = noteOutput(outerContext.terminal, outerContext.stdout);
  const { terminal, stdout } = noted;
  const context = warningOfDamage({ ...outerContext, terminal, stdout });
  const program = buildProgram({ context, finish: (code) => (exitCode = code) }, more);
  let failure: Failure | undefined;
  try {
    await program.parseAsync(argv, { from: 'user' });
    if (exitCode !== EXIT.ok && !noted.hasPrinted()) failure = failureSaid(exitCode, noted.said());
  } catch (error) {
    failure = failureOf(error, context.signal);
    if (failure !== undefined) tell(failure, error, context);
  }
  // Nobody reads a closed output, and nothing is added to results that are on it.
  const isHeard = failure?.exitCode !== OUTPUT_CLOSED_EXIT_CODE && !noted.hasWrittenData();
  if (failure !== undefined && isHeard && wantsJson(argv)) terminal.out(failureJson(failure));
  return failure?.exitCode ?? exitCode;
}

/** Makes every command warn once of each damaged object that it reads from the bucket (R13). */
function warningOfDamage(context: CliContext): CliContext {
  const told: ReportedDamages = new Set();
  const warn = (sentence: string): void => context.terminal.err(`warning: ${sentence}\n`);
  const connect: CliContext['connect'] = (config) => {
    const ports = context.connect(config);
    return { ...ports, store: reportingDamages(ports.store, told, warn) };
  };
  return { ...context, connect };
}

/** Commander has printed its own errors, and whoever presses Ctrl-C knows why the command ends. */
function tell({ kind, message }: Failure, error: unknown, { terminal, env }: CliContext): void {
  if (error instanceof CommanderError || kind === 'interrupted') return;
  const isOurs = kind !== 'failed' && kind !== 'stack-unreachable';
  const details = !isOurs && env['SPOTPOOL_DEBUG'] && error instanceof Error ? `\n${error.stack ?? ''}` : '';
  terminal.err(`error: ${message}${details}\n`);
}
