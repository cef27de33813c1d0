/**
 * `spotpool rerun <job>` computes chosen items of an ended job again, as a job of its own. It follows the rerun as `run` does, and then writes the results of the
 * whole dataset: those of the first job, with the results of its reruns in their places.
 */
import type { Manifest } from '../../core/contract/job.js';
import { definedFields } from '../../core/defined-fields.js';
import type { CliContext } from '../cli/context.js';
import { type Call, defineCommand } from '../cli/command.js';
import { EXIT, exitCodeOf } from '../cli/exit-codes.js';
import { notifyAddresses } from '../cli/notify-options.js';
import { jobFlagsOf, refusePackingAlone, type RerunFlags, rerunOptions } from '../cli/rerun-options.js';
import { progressOfJob } from '../controller/report.js';
import { count, oneLine, plural } from '../display/format.js';
import { otherModel, storedModel } from '../rerun/rerun-model.js';
import { type NothingToRerun, planRerun, type RerunPlan } from '../rerun/plan-rerun.js';
import { defaultResultsFile } from '../results/default-name.js';
import { judgedWithReruns } from '../results/family/judge.js';
import { STANDARD_OUTPUT } from '../results/output-place.js';
import { requireWritable } from '../results/write-output.js';
import { packWithGit } from '../submit/git-state.js';
import { readJobProgress, readJobStatus, readJobView } from '../status/job-status.js';
import { summarise } from '../status/summary.js';
import { CommandFailed, UserError } from '../errors.js';
import { stackArguments } from './advice/command-lines.js';
import { nextStep } from './advice/next-step.js';
import { reportInterruption } from './advice/report-interruption.js';
import { fetchResults, requireWritten, type RunOutput, type RunState } from './fetch-results.js';
import { Follower } from '../follow/follower.js';
import { summaryOf } from '../follow/job-summary.js';
import { makeDisplay } from '../follow/make-display.js';
import { newsNow } from '../follow/news.js';
import { givenFiles } from './given-files.js';
import { hasEnded } from '../status/job-state.js';
import { outputWorld, resultsChoice } from './output-world.js';
import { notifyOfEnd } from './notify-end.js';
import type { RunStack } from './opened-stack.js';
import { openLastingStack } from './run-stack.js';
import { printStatusJson } from './status-json.js';
import { printSubmitted, submitDisplay, type SubmitDisplay } from './submit.js';
import type { SubmittedFacts } from '../api/submit-job.js';
import { submitFromFlags } from './submit-from-flags.js';

export const rerunCommand = defineCommand({
  name: 'rerun',
  description:
    'Compute items of an ended job again. Without other options these are the failed ones. The rerun is a job of its own with the same model and options, unless others are given. Its results show through the first job.',
  args: { job: 'the id of the job whose items are computed again; it may be a rerun itself' },
  options: rerunOptions,
  examples: [
    'spotpool rerun herg --model ./mended.py',
    'spotpool rerun herg --code ItemTimeout --item-timeout 20m --local',
    'spotpool rerun herg --items 17,20-30 --no-follow',
  ],
  run: rerun,
});

type Flags = RerunFlags & { readonly json: boolean };

async function rerun({ context, args: { job }, options }: Call<'job', typeof rerunOptions>): Promise<number> {
  refusePackingAlone(options);
  if (options.out === STANDARD_OUTPUT) throw new UserError(NO_STANDARD_OUTPUT);
  const follows = options.follow !== false;
  if (!follows && options.notify !== undefined) throw new UserError(NO_NOTIFY);
  notifyAddresses(options.notify, context.env);
  const stack = await openLastingStack(context, options);
  const display: SubmitDisplay = follows ? makeDisplay(context, options.json) : submitDisplay(context, options.json);
  const state: RunState = {};
  let exitCode: number;
  try {
    exitCode = await rerunOn(context, stack, { job, flags: options, display, state });
  } catch (error) {
    display.close();
    const reason: unknown = stack.signal.aborted ? stack.signal.reason : error;
    await reportInterruption(context, stack, state, options, reason);
    if (state.notWritten !== undefined) context.terminal.err(`error: ${state.notWritten}\n`);
    throw reason;
  } finally {
    await state.notified;
    display.close();
    await stack.close({ isBegun: state.job !== undefined });
  }
  return requireWritten(state, exitCode);
}

const NO_STANDARD_OUTPUT =
  '--out - does not work with rerun, which prints its progress to standard output. Name a file, or use "spotpool results <job> --out -".';

const NO_NOTIFY =
  '--notify does not work with --no-follow, because nobody would see the end. Leave --no-follow out, or notify from "spotpool watch".';

interface Request {
  readonly job: string;
  readonly flags: Flags;
  readonly display: SubmitDisplay;
  readonly state: RunState;
}

async function rerunOn(context: CliContext, stack: RunStack, request: Request): Promise<number> {
  const { clock, user } = context;
  const { ports, signal } = stack;
  const { job, flags, display, state } = request;
  const parent = await endedParent(job, stack, flags);
  const { code: codes, items, model } = flags;
  const failed = flags.failed ?? (codes === undefined && items === undefined);
  const plan = await planRerun(
    {
      parent,
      choice: { failed, ...definedFields({ codes, items }) },
      hasSameModel: model === undefined,
      by: user,
      ...definedFields({ id: flags.id }),
    },
    { store: ports.store, clock, signal },
  );
  if (plan.kind === 'nothing') return tellNothing(context, plan, flags);
  const output = await requireOutput(context, stack, plan.first, flags);
  for (const message of planTexts(parent, plan, flags)) display.show(newsNow(clock, 'info', 'rerun', message));
  const sinceMs = clock.nowMs();
  const submitted = await submitFromFlags(context, ports, {
    datasets: [parent.dataset.name],
    datasetFiles: [],
    out: output.out,
    flags: jobFlagsOf(flags, parent),
    started: state,
    rerun: {
      source: plan.source,
      pack:
        model === undefined
          ? storedModel(parent.job, parent.model, ports.store)
          : otherModel(parent.model, packWithGit(context.env)),
      isTried: model !== undefined && (parent.model.weights === undefined || flags.weights !== undefined),
    },
    display,
    signal,
  });
  state.job = submitted.job;
  if (flags.follow === false) {
    const rerunOf = { job, first: plan.first.job };
    await printSubmitted(context, ports, display, { submitted: { ...submitted, rerunOf }, flags });
    return EXIT.ok;
  }
  display.show({ event: 'submitted', ...submitted });
  return await follow(context, stack, { ...request, submitted, plan, output, sinceMs });
}

/** The failed items of a job that still runs are not known yet. */
async function endedParent(job: string, { ports, signal }: RunStack, flags: Flags): Promise<Manifest> {
  const view = await readJobView(ports.store, job, signal);
  const progress = progressOfJob(view);
  if (hasEnded(progress)) return view.manifest;
  const where = stackArguments(flags);
  throw new CommandFailed(
    'job-not-ended',
    `Job ${job} has not ended (it is ${progress.state}), so which of its items fail is not known yet. ` +
      `Wait for its end: spotpool watch ${job}${where}\nOr end it: spotpool cancel ${job}${where}`,
  );
}

/** A list of codes that has none of the given ones is probably mistyped. Otherwise all is well. */
function tellNothing({ terminal }: CliContext, { why, isMistaken }: NothingToRerun, { json }: Flags): number {
  if (isMistaken) throw new CommandFailed('failed', why);
  terminal.out(json ? `${JSON.stringify({ items: 0, reason: why })}\n` : `${why}\n`);
  return EXIT.ok;
}

function planTexts(
  { job, dataset, model }: Manifest,
  { items, open, first }: RerunPlan,
  flags: Flags,
): readonly string[] {
  const how = flags.model === undefined ? `its own model ${oneLine(model.name)}` : oneLine(flags.model);
  return [
    `${count(items.size)} of the ${plural(dataset.items, 'item')} of job ${job} ${items.size === 1 ? 'is' : 'are'} computed again with ${how}. The results show through job ${first.job}.`,
    ...open.map(
      (rerun) =>
        `Job ${rerun.job}, a rerun of the same dataset, has not ended. It may compute some of these items, too.`,
    ),
  ];
}

async function requireOutput(
  context: CliContext,
  { ports }: RunStack,
  { job, dataset }: Manifest,
  flags: Flags,
): Promise<RunOutput> {
  const { out = defaultResultsFile(dataset.name, flags.outFormat) } = flags;
  const given = await givenFiles({ ...flags, datasets: [dataset.name] }, context.cwd);
  const choice = resultsChoice(out, flags);
  if (flags.follow !== false) await requireWritable(choice, outputWorld(context, given, ports), job);
  return { out, choice, flags, given };
}

interface Followed extends Request {
  readonly submitted: SubmittedFacts;
  readonly plan: RerunPlan;
  readonly output: RunOutput;
  readonly sinceMs: number;
}

/** The exit code is that of the merged results when the rerun is complete, and otherwise its own. */
async function follow(
  context: CliContext,
  stack: RunStack,
  {
    job: parent,
    submitted: { job, continued: goesOn },
    plan: { first },
    output,
    sinceMs,
    display,
    flags,
    state,
  }: Followed,
): Promise<number> {
  const { clock, terminal } = context;
  const { ports, signal } = stack;
  const start = await readJobProgress(ports.store, job, signal);
  const follower = new Follower(ports, clock, display, { progress: start, sinceMs });
  const ended = await follower.untilEnded(signal);
  const followed = !(goesOn && hasEnded(start));
  const addresses = notifyAddresses(flags.notify, context.env);
  const news = { addresses, ended, isOld: !followed, own: stack.own, flags, display };
  state.notified = notifyOfEnd(context, stack, news);
  const zero = await follower.untilZero(signal);
  // After the early end of a job, workers still commit the batches that they hold.
  const progress = ended.state === 'complete' ? ended : await readJobProgress(ports.store, job, signal);
  const whole = await readJobProgress(ports.store, first.job, signal);
  const { written, ...fetched } = await fetchResults(context, stack, {
    progress: whole,
    output,
    display,
    flags,
    state,
  });
  const totals = await summarise(ports, { progress, ledger: follower.ledger, sinceMs, nowMs: clock.nowMs() }, signal);
  const next = state.notWritten === undefined ? nextStep(progress, { own: stack.own, flags }) : undefined;
  await state.notified;
  const summary = summaryOf(totals, { ...fetched, next, zero, followed, goesOn });
  display.show({ event: 'summary', ...summary });
  if (flags.json) {
    const more = { summary, rerunOf: { job: parent, first: first.job }, ...definedFields({ results: written }) };
    printStatusJson(terminal, await readJobStatus(ports, job, signal), more);
  }
  if (progress.state !== 'complete' || written === undefined)
    return exitCodeOf(progress) || failedUnless(fetched.whole);
  return exitCodeOf(judgedWithReruns(whole, written)) || failedUnless(fetched.whole);
}

const failedUnless = (whole: boolean): number => (whole ? EXIT.ok : EXIT.failed);
