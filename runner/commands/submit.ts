/** `spotpool submit` enqueues a job and returns at once with its id. */
import { type Call, defineCommand } from '../cli/command.js';
import type { CliContext, StackPorts } from '../cli/context.js';
import { EXIT } from '../cli/exit-codes.js';
import { eachRow } from '../cli/each-option.js';
import { DATASET_HELP, jobOptionRows } from '../cli/job-options.js';
import { openStack } from '../cli/open-stack.js';
import { inGroup } from '../cli/option-rows.js';
import { type StackFlags, stackOptions } from '../cli/stack-options.js';
import type { Display } from '../display/events.js';
import { sentence } from '../display/format.js';
import { plainDisplay } from '../display/plain.js';
import type { Terminal } from '../display/terminal.js';
import { checkBeforeStart, reportInterruption, type CommandProgress } from './advice/report-interruption.js';
import { stackArguments } from './advice/command-lines.js';
import { wakeController } from '../api/wake-controller.js';
import { uncontrolledText } from './advice/uncontrolled.js';
import type { News } from '../follow/news.js';
import type { MoreThanStatus } from './status-json.js';
import { refuseSeedAlone, type SubmittedFacts } from '../api/submit-job.js';
import { requireDatasetOf, submitFromFlags } from './submit-from-flags.js';
import { submitSeries } from './submit-series.js';

const SERIES = 'Options of a series:';

const submitOptions = { ...jobOptionRows, ...inGroup(SERIES, { each: eachRow }), ...stackOptions };

export const submitCommand = defineCommand({
  name: 'submit',
  description:
    "Enqueue a job and return at once with its id. The workers and the stack's controller (or spotpool watch) do the rest.",
  args: { dataset: DATASET_HELP },
  repeats: true,
  options: submitOptions,
  examples: [
    'spotpool submit molecules.csv --model ./model.ts --local',
    'spotpool submit reviews.jsonl --model ./model.py --id reviews-1',
    'spotpool submit data.jsonl --model ./model.py --id sweep --each LR=0.1,0.2',
    'job=$(spotpool submit data.jsonl --model ./model.ts --json | jq -r .job)',
  ],
  run: submit,
});

/** A display that keeps what happened for the object of `--json`. */
export type SubmitDisplay = Display & { readonly events?: readonly News[] };

/** With --json, standard output is for programs, so warnings go to standard error. */
function warningsOnly(terminal: Terminal): SubmitDisplay {
  const events: News[] = [];
  return {
    events,
    show: (event) => {
      if (event.event !== 'happened') return;
      events.push(event);
      if (event.level === 'warning') terminal.err(`${sentence(event.message)}\n`);
    },
    close: () => undefined,
  };
}

export const submitDisplay = ({ terminal, clock }: CliContext, json: boolean): SubmitDisplay =>
  json ? warningsOnly(terminal) : plainDisplay(terminal, () => clock.nowMs());

/** Wakes the stack's controller, and prints the job with the commands that follow. */
export async function printSubmitted(
  context: CliContext,
  ports: StackPorts,
  display: SubmitDisplay,
  {
    submitted,
    flags,
  }: {
    readonly submitted: SubmittedFacts & Pick<MoreThanStatus, 'rerunOf'>;
    readonly flags: StackFlags & { readonly json: boolean };
  },
): Promise<void> {
  const { terminal, signal } = context;
  await wakeController(ports, { signal, warn: (sentence) => terminal.err(`${sentence}\n`) });
  const where = stackArguments(flags);
  const uncontrolled = uncontrolledText(ports.config, submitted.job, where);
  if (flags.json) {
    const controlled = ports.config.controlled ?? false;
    terminal.out(`${JSON.stringify({ ...submitted, controlled, events: display.events })}\n`);
    terminal.err(uncontrolled);
    return;
  }
  display.show({ event: 'submitted', ...submitted });
  terminal.out(uncontrolled);
  if (uncontrolled === '') terminal.out(`  follow it:      spotpool watch ${submitted.job}${where}\n`);
  terminal.out(`  fetch results:  spotpool results ${submitted.job}${where}\n`);
}

async function submit({ context, words: datasets, options }: Call<'dataset', typeof submitOptions>): Promise<number> {
  const { signal } = context;
  refuseSeedAlone(options);
  if (options.each !== undefined) {
    const display = submitDisplay(context, options.json);
    return submitSeries(context, { datasets, flags: options, each: options.each, display });
  }
  const datasetFiles = await checkBeforeStart(context, () => requireDatasetOf(context, datasets, options));
  const ports = await openStack(context, options);
  const started: CommandProgress = {};
  const display = submitDisplay(context, options.json);
  try {
    const submitted = await submitFromFlags(context, ports, {
      datasets,
      datasetFiles,
      flags: options,
      started,
      display,
      signal,
    });
    started.job = submitted.job;
    await printSubmitted(context, ports, display, { submitted, flags: options });
    return EXIT.ok;
  } catch (error) {
    await reportInterruption(context, { ports, own: false }, started, options, error);
    throw error;
  }
}
