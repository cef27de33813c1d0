/** `spotpool submit`: enqueue, and return at once with the job's id. */
import type { Command } from 'commander';
import type { CommandHost } from '../cli/command-host.js';
import type { CliContext, StackPorts } from '../cli/context.js';
import { EXIT } from '../cli/exit-codes.js';
import { addJobOptions, addJsonOption, addStackOptions, type JobFlags, type StackFlags } from '../cli/options.js';
import type { Display } from '../display/events.js';
import { sentence } from '../display/format.js';
import { plainDisplay } from '../display/plain.js';
import type { Terminal } from '../display/terminal.js';
import { beforeAnythingIsSent, sayWhatIsLeft, stackArguments, type Started } from './following/stopped.js';
import { messageOf } from '../errors.js';
import { openStack } from './open-stack.js';
import { requireDataset, submitFromFlags } from './submitting.js';

interface Flags extends JobFlags, StackFlags {
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ spotpool submit molecules.csv --model ./model.ts --local
  $ spotpool submit reviews.jsonl --model "python3 model.py" --id reviews-1
  $ job=$(spotpool submit data.jsonl --model ./model.ts --json | jq -r .job)`;

export function addSubmitCommand(program: Command, host: CommandHost): void {
  const command = program
    .command('submit')
    .argument(
      '<dataset>',
      'JSON Lines, CSV, TSV or text, also compressed with gzip; a path, - for standard input, s3://bucket/file, or s3://bucket/prefix/',
    )
    .description(
      "Enqueue a job and return at once with its id; the stack's controller (or spotpool watch) and workers do the rest.",
    )
    .addHelpText('after', EXAMPLES);
  addJobOptions(command);
  addJsonOption(addStackOptions(command)).action(async (dataset: string, flags: Flags) =>
    host.finish(await submit(host.context, dataset, flags)),
  );
}

/** Standard output is for programs; what a person should know of goes beside it. */
const warningsOnly = (terminal: Terminal): Display => ({
  show: (event) => {
    if (event.event === 'happened' && event.level === 'warning') terminal.err(`${sentence(event.message)}\n`);
  },
  close: () => undefined,
});

async function submit(context: CliContext, dataset: string, flags: Flags): Promise<number> {
  const { terminal, clock, signal } = context;
  await beforeAnythingIsSent(context, () => requireDataset(context, dataset, flags));
  const ports = await openStack(context, flags);
  const started: Started = {};
  const display = flags.json ? warningsOnly(terminal) : plainDisplay(terminal, () => clock.nowMs());
  try {
    const submitted = await submitFromFlags(context, ports, { dataset, flags, started, display, signal });
    started.job = submitted.job;
    await wakeController(context, ports);
    const where = stackArguments(flags);
    const uncontrolled = ports.config.controlled
      ? ''
      : `This stack has no controller of its own: instances start, and the fleet goes when the work is done, while somebody follows the job:\n  spotpool watch ${submitted.job}${where}\n`;
    if (flags.json) {
      terminal.out(`${JSON.stringify(submitted)}\n`);
      terminal.err(uncontrolled);
      return EXIT.ok;
    }
    display.show({ event: 'submitted', ...submitted });
    terminal.out(uncontrolled);
    if (uncontrolled === '') terminal.out(`  follow it:      spotpool watch ${submitted.job}${where}\n`);
    terminal.out(`  fetch results:  spotpool results ${submitted.job}${where}\n`);
    return EXIT.ok;
  } catch (error) {
    await sayWhatIsLeft(context, { ports, own: false }, started, flags, error);
    throw error;
  }
}

/** So that the first instances come now, and not at the controller's next minute. What fails here is made good by that minute. */
async function wakeController({ terminal, signal }: CliContext, { controller }: StackPorts): Promise<void> {
  try {
    await controller?.wake(signal);
  } catch (error) {
    signal.throwIfAborted();
    terminal.err(
      `The job is enqueued, but the stack's controller could not be woken: it looks by itself within a minute, if its schedule is on. (${messageOf(error)})\n`,
    );
  }
}
