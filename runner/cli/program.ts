/** The command line: which commands there are, and what becomes of errors. */
import { Command, CommanderError } from 'commander';
import { addCancelCommand } from '../commands/cancel.js';
import { addDoctorCommand } from '../commands/doctor.js';
import { addFleetCommand } from '../commands/fleet.js';
import { addJobsCommand } from '../commands/jobs.js';
import { addLocalCommand } from '../commands/local.js';
import { addLogsCommand } from '../commands/logs.js';
import { addPredeployCommand } from '../commands/predeploy.js';
import { addResultsCommand } from '../commands/results.js';
import { addRunCommand } from '../commands/run.js';
import { addStatusCommand } from '../commands/status.js';
import { addSubmitCommand } from '../commands/submit.js';
import { addTeardownCommand } from '../commands/teardown.js';
import { addWatchCommand } from '../commands/watch.js';
import { tellingOfDamages, type ToldDamages } from '../controller/damages.js';
import { isNetworkFailure, messageOf, UserError } from '../errors.js';
import type { CommandHost } from './command-host.js';
import type { CliContext } from './context.js';
import { EXIT } from './exit-codes.js';
import { Interrupted } from './interrupts.js';

const HELP_END = `
Examples:
  $ spotpool run molecules.csv --model ./model.ts --local       on this machine, with a fleet of its own
  $ spotpool run molecules.csv --model "python3 model.py"       on the stack that cdk-outputs.json names
  $ spotpool local up && spotpool submit data.jsonl --model ./model.ts --local

Exit codes: 0 the job is complete, and no more items failed than --max-failed allows · 3 too many items failed (without --max-failed: not one is ok)
            1 the job failed for another reason, was cancelled, gave batches up, or has not ended · 2 misuse, before anything was started · 130 Ctrl-C`;

export type AddCommands = (program: Command, host: CommandHost) => void;

/** `more` adds commands of other folders, which the composition root names. */
export function buildProgram(host: CommandHost, more: readonly AddCommands[] = []): Command {
  const { terminal } = host.context;
  const program = new Command('spotpool')
    .description('Run a model over a large dataset on AWS Spot capacity: cheaply, quickly, losing nothing.')
    .version(host.context.version, '-V, --version', 'print the version')
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help for what there is)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) })
    .addHelpText('after', HELP_END);
  const adders: readonly AddCommands[] = [
    addRunCommand,
    addSubmitCommand,
    addStatusCommand,
    addWatchCommand,
    addResultsCommand,
    addCancelCommand,
    addJobsCommand,
    addLogsCommand,
    addFleetCommand,
    addLocalCommand,
    addDoctorCommand,
    addPredeployCommand,
    addTeardownCommand,
    ...more,
  ];
  for (const add of adders) add(program, host);
  return program;
}

/** True of every command; those that leave something undone say what, themselves. */
const NETWORK_ADVICE = ': the stack was asked several times, and could not be reached. Try again when it can be.';

/** Runs one command line; resolves with the exit code, whatever happens. */
export async function runCommandLine(
  argv: readonly string[],
  outerContext: CliContext,
  more: readonly AddCommands[] = [],
): Promise<number> {
  let exitCode: number = EXIT.ok;
  const context = tellingOnStandardError(outerContext);
  const program = buildProgram({ context, finish: (code) => (exitCode = code) }, more);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeOf(error, context);
  }
}

/** Whatever a command reads of a stack: what is damaged there is told of once, in every command (R13). */
function tellingOnStandardError(context: CliContext): CliContext {
  const told: ToldDamages = new Set();
  const tell = (sentence: string): void => context.terminal.err(`warning: ${sentence}\n`);
  const connect: CliContext['connect'] = (config) => {
    const ports = context.connect(config);
    return { ...ports, store: tellingOfDamages(ports.store, told, tell) };
  };
  return { ...context, connect };
}

function exitCodeOf(error: unknown, { terminal, signal, env }: CliContext): number {
  // commander has printed what is to be said.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.misuse;
  const reason: unknown = signal.reason;
  if (signal.aborted && reason instanceof Interrupted) return reason.exitCode;
  if (error instanceof UserError) {
    terminal.err(`error: ${error.message}\n`);
    return EXIT.misuse;
  }
  const details = env['SPOTPOOL_DEBUG'] && error instanceof Error ? `\n${error.stack ?? ''}` : '';
  const advice = isNetworkFailure(error) ? NETWORK_ADVICE : '';
  terminal.err(`error: ${messageOf(error)}${advice}${details}\n`);
  return EXIT.failed;
}
