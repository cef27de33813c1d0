/** `spotpool rm <job>` removes a job that is over, with its dataset and its results, from the bucket. */
import { isJobId, JOB_ID_RULE } from '../../core/contract/job-id.js';
import { endsKey, jobPrefix, manifestKey, rerunsPrefix } from '../../core/contract/keys.js';
import { defineStackCommand, type StackCall } from '../cli/command.js';
import type { CliContext } from '../cli/context.js';
import { EXIT } from '../cli/exit-codes.js';
import { toggle } from '../cli/option-rows.js';
import { liveInstances } from '../controller/observe/read-fleet.js';
import { readSubmitStanding } from '../controller/observe/read-submit.js';
import { progressOfJob } from '../controller/report.js';
import { bytes, count, plural } from '../display/format.js';
import { CommandFailed, JobNotFound, UserError } from '../errors.js';
import type { ObjectStore } from '../ports.js';
import { removeJob, type Removed, sizeOfJob } from '../remove/remove-job.js';
import { readJobView } from '../status/job-status.js';
import { stackArguments } from './advice/command-lines.js';
import { hasEnded } from '../status/job-state.js';

/** Ten requests take a few seconds. */
const TOLD_EVERY = 10_000;

const rmOptions = { yes: toggle('remove the job without asking') };

export const rmCommand = defineStackCommand({
  name: 'rm',
  description:
    'Remove a job that is over. Its dataset, its results and all else that the bucket holds of it are deleted. Models and files of folders stay, because other jobs may use them.',
  args: { job: 'the id of the job' },
  options: rmOptions,
  examples: [
    'spotpool rm herg --local',
    'spotpool rm herg --yes --json           for scripts: ends with one JSON object',
  ],
  run: rm,
});

async function rm({ context, ports, args: { job }, options }: StackCall<'job', typeof rmOptions>): Promise<number> {
  const { terminal, signal } = context;
  const { store } = ports;
  const asked = { where: stackArguments(options), signal };
  await requireRemovable(store, job, asked);
  const size = await sizeOfJob(store, job, signal);
  if (!options.yes) await requireAgreement(context, job, size);
  // The job may have been resumed, or got a rerun, before the answer came.
  const parent = await requireRemovable(store, job, asked);
  const removed = await removeJob(
    ports,
    { job, parent },
    {
      onRemoved: ({ objects }) => {
        if (options.json || objects % TOLD_EVERY > 0) return;
        terminal.err(`${count(objects)} of ${count(size.objects)} objects are removed.\n`);
      },
      signal,
    },
  );
  const instancesUp = liveInstances(await ports.fleet.describe(signal)).length;
  terminal.out(
    options.json
      ? `${JSON.stringify({ job, removed, instancesUp })}\n`
      : `Job ${job} is removed: ${amountText(removed)}. The bucket lists nothing of it any more.\n`,
  );
  if (instancesUp > 0) {
    terminal.err(
      `Instances of the stack are still up, and one that worked for the job may write its last report. When none is left, this removes it: spotpool rm ${job}${asked.where}\n`,
    );
  }
  return EXIT.ok;
}

const amountText = (amount: Removed): string => `${plural(amount.objects, 'object')}, ${bytes(amount.bytes)}`;

/** Returns the job's parent, if it has one. */
async function requireRemovable(
  store: ObjectStore,
  job: string,
  { where, signal }: { readonly where: string; readonly signal: AbortSignal },
): Promise<string | undefined> {
  if (!isJobId(job)) {
    throw new UserError(
      `${JSON.stringify(job)} is not a job id. An id has ${JOB_ID_RULE}. "spotpool jobs" lists the jobs.`,
    );
  }
  if ((await store.head(manifestKey(job), { signal })) === undefined) {
    await requireLeftOver(store, job, signal);
    return undefined;
  }
  const view = await readJobView(store, job, signal);
  const progress = progressOfJob(view);
  if (!hasEnded(progress)) {
    throw new UserError(
      `Job ${job} is not over (${progress.state}), so it is not removed. End it first: spotpool cancel ${job}${where}`,
    );
  }
  const reruns = await rerunsOf(store, job, signal);
  if (reruns.length > 0) {
    throw new UserError(
      `Job ${job} has ${plural(reruns.length, 'rerun')} (${reruns.join(', ')}), whose results show through it. Remove ${reruns.length === 1 ? 'it' : 'them'} first.`,
    );
  }
  return view.manifest.parent;
}

/** Without a manifest there may be a submit that is at work, one that broke off, or a removal that broke off. */
async function requireLeftOver(store: ObjectStore, job: string, signal: AbortSignal): Promise<void> {
  const { objects, folders } = await store.listFolder(jobPrefix(job), { signal });
  const isLastLeft = (await store.head(endsKey(job), { signal })) !== undefined;
  if (objects.length + folders.length === 0 && !isLastLeft) {
    throw new JobNotFound(job, `There is no job ${job} in this stack. "spotpool jobs" lists the jobs.`);
  }
  const submit = await readSubmitStanding(store, job, { signal });
  if (submit === undefined || submit.brokenOff) return;
  throw new UserError(
    `Job ${job} is being submitted (its submit was last heard of at ${new Date(submit.heardAtMs).toISOString()}). Stop that command first.`,
  );
}

/** Returns the reruns that are there, or are being submitted. One whose submit broke off may have left no more than its name. */
async function rerunsOf(store: ObjectStore, job: string, signal: AbortSignal): Promise<readonly string[]> {
  const { objects } = await store.listFolder(rerunsPrefix(job), { signal });
  const names = objects.map(({ key }) => key.slice(rerunsPrefix(job).length).replace(/\.json$/, '')).filter(isJobId);
  const found: string[] = [];
  for (const name of names) {
    const isThere = (await store.head(manifestKey(name), { signal })) !== undefined;
    // A rerun that is being submitted copies the items of this job.
    if (isThere || (await readSubmitStanding(store, name, { signal }))?.brokenOff === false) found.push(name);
  }
  return found;
}

async function requireAgreement({ confirm }: CliContext, job: string, size: Removed): Promise<void> {
  const answer = await confirm(`Remove job ${job} with its dataset and its results (${amountText(size)})?`);
  if (answer === undefined) {
    throw new UserError(`There is no terminal for the question whether to remove job ${job}. Add --yes to remove it.`);
  }
  if (!answer) throw new CommandFailed('declined', 'Nothing was changed.');
}
