/** `spotpool watch <job>` shows the live display, and with `--web` a live page, too. The job runs on when the command ends. */
import { definedFields } from '../../core/defined-fields.js';
import { followJob } from '../api/follow-job.js';
import { defineStackCommand, type StackCall } from '../cli/command.js';
import { EXIT, exitCodeOf } from '../cli/exit-codes.js';
import { notifyAddresses, notifyRow } from '../cli/notify-options.js';
import { toggle } from '../cli/option-rows.js';
import type { JobProgress } from '../controller/report.js';
import { jsonDisplay } from '../display/json.js';
import { plainDisplay } from '../display/plain.js';
import { UserError } from '../errors.js';
import { readJobProgress, readJobStatus } from '../status/job-status.js';
import { hasEnded } from '../status/job-state.js';
import { openLivePage } from './live-page.js';
import { makeDisplay } from '../follow/make-display.js';
import { brokenOffText } from '../follow/broken-off.js';
import { resumeSubmitText } from './advice/resume.js';
import { nextStep } from './advice/next-step.js';
import { reportInterruption } from './advice/report-interruption.js';
import { stackArguments } from './advice/command-lines.js';
import { notifyOfEnd } from './notify-end.js';
import { printStatusJson } from './status-json.js';

const watchRows = {
  web: toggle(
    'show a live page in the browser, too: it is served on this machine alone, and its address is printed. Without a job it lists all jobs',
  ),
  ...notifyRow,
};

type WatchCall = StackCall<'job', typeof watchRows>;

export const watchCommand = defineStackCommand({
  name: 'watch',
  description: 'Follow a job live and control the fleet. The job runs on when you leave with Ctrl-C.',
  args: { job: 'the id of the job; only --web can do without' },
  optional: true,
  options: watchRows,
  examples: [
    'spotpool watch herg --local',
    'spotpool watch herg --json | tail -n 1',
    'spotpool watch herg --web',
    'spotpool watch --web',
  ],
  run: watch,
});

async function watch(call: WatchCall): Promise<number> {
  const { args, words, options } = call;
  // An empty id is no id, and is refused as one.
  const job = words.length === 0 ? undefined : args.job;
  if (job === undefined && options.notify !== undefined) {
    throw new UserError('--notify needs a job, of whose end it notifies. Name the job, or leave --notify out.');
  }
  notifyAddresses(options.notify, call.context.env);
  if (options.web === true) return watchWithPage(call, job);
  if (job === undefined) {
    throw new UserError(
      'Name the job to watch ("spotpool jobs" lists them), or show all jobs with "spotpool watch --web".',
    );
  }
  return follow(call);
}

/** Serves the page for as long as the job is followed; without a job, until Ctrl-C. */
async function watchWithPage(call: WatchCall, job: string | undefined): Promise<number> {
  const { context, ports, options } = call;
  const { terminal, clock, signal } = context;
  // A job that does not exist is refused before a page of it is served.
  if (job !== undefined) await readJobProgress(ports.store, job, signal);
  const page = await openLivePage(context, ports, job);
  try {
    const show = options.json ? jsonDisplay : plainDisplay;
    show(terminal, () => clock.nowMs()).show({ event: 'page-up', address: page.address });
    return job === undefined ? await untilInterrupted(signal) : await follow(call);
  } finally {
    await page.close('The command that served this page has ended. This is the last state that it read.');
  }
}

const untilInterrupted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });

async function follow({ context, ports, args: { job }, options }: WatchCall): Promise<number> {
  const { signal, terminal } = context;
  const start = await readJobProgress(ports.store, job, signal);
  const display = makeDisplay(context, options.json);
  let notified: Promise<void> | undefined;
  try {
    const next = (ended: JobProgress): string | undefined => nextStep(ended, { own: false, flags: options });
    const onEnd = (ended: JobProgress): Promise<void> => {
      const addresses = notifyAddresses(options.notify, context.env);
      const news = { addresses, ended, isOld: hasEnded(start), own: false, flags: options, display };
      return (notified = notifyOfEnd(context, { ports, signal }, news));
    };
    const { progress, summary } = await followJob({ world: context, ports }, start, { display, next, onEnd, signal });
    const isBrokenOff = progress.brokenOff !== undefined;
    if (isBrokenOff) {
      display.close();
      terminal.err(`${brokenOffText(progress)}\n${resumeSubmitText(progress, stackArguments(options))}\n`);
    }
    if (options.json) printStatusJson(terminal, await readJobStatus(ports, job, signal), definedFields({ summary }));
    return isBrokenOff ? EXIT.failed : exitCodeOf(progress);
  } catch (error) {
    display.close();
    await reportInterruption(context, { ports, own: false }, { job }, options, error);
    throw error;
  } finally {
    await notified;
    display.close();
  }
}
