/** `spotpool jobs` lists the jobs of the stack. */
import type { JobState } from '../../core/contract/job.js';
import { definedFields } from '../../core/defined-fields.js';
import { defineStackCommand, type StackCall } from '../cli/command.js';
import { EXIT } from '../cli/exit-codes.js';
import { choice, parsed, text } from '../cli/option-rows.js';
import { integerBetween, jobId, jobStates, moment } from '../cli/values.js';
import { jobTable, seriesTable } from '../display/job-tables.js';
import { count, fit } from '../display/format.js';
import { messageOf, UserError } from '../errors.js';
import { chooseJobs, JOB_SORTS } from '../status/choose-jobs.js';
import { listJobs } from '../status/job-status.js';
import { brokenOffText } from '../follow/broken-off.js';
import { resumeSubmitText } from './advice/resume.js';
import { stackArguments } from './advice/command-lines.js';

const MOST_JOBS = 1_000_000;

const jobsOptions = {
  state: parsed<readonly JobState[]>(
    '<states>',
    'list only jobs in these states: submitting, running, complete, cancelled or failed; commas separate them',
    jobStates,
  ),
  series: parsed(
    '<id>',
    'list only the jobs of this series, the first one first, with their values (submit --each makes a series)',
    jobId,
  ),
  name: text('<text>', 'list only jobs whose id or name has this text'),
  since: parsed(
    '<when>',
    'list only jobs created since then: a time span, such as 90m, 12h or 7d, or a date, such as 2026-01-31',
    moment,
  ),
  sort: choice('<by>', 'sort by this: created (the newest first), name, state, items or failed', JOB_SORTS),
  limit: parsed('<n>', 'list at most so many jobs', integerBetween(1, MOST_JOBS)),
};

export const jobsCommand = defineStackCommand({
  name: 'jobs',
  description:
    'List the jobs of the stack, the newest first. A terminal shows as much of each line as it has room for, and a pipe gets the whole line.',
  args: {},
  options: jobsOptions,
  examples: [
    'spotpool jobs --local',
    'spotpool jobs --state running,failed --since 7d',
    'spotpool jobs --series sweep',
    'spotpool jobs --json | jq -r .jobs[].job',
  ],
  run: jobs,
});

async function jobs({ context, ports: { store }, options }: StackCall<never, typeof jobsOptions>): Promise<number> {
  const { terminal, signal, clock } = context;
  const { state: states, series, name, since, sort, limit } = options;
  const unreadable: { readonly job: string; readonly message: string }[] = [];
  const onUnreadable = (job: string, error: unknown): void => {
    const message = `Job ${job} could not be read, so it is not in the list: ${messageOf(error)}`;
    unreadable.push({ job, message });
    terminal.err(`error: ${message}\n`);
  };
  const all = await listJobs(store, signal, onUnreadable, series);
  if (series !== undefined && all.length + unreadable.length === 0) {
    throw new UserError(
      `There is no job of a series ${series} in this stack. To list all jobs: spotpool jobs${stackArguments(options)}`,
    );
  }
  const sinceMs = since && (since.kind === 'date' ? since.atMs : clock.nowMs() - since.beforeMs);
  const isFirstFirst = series !== undefined && sort === undefined;
  const found = chooseJobs(all, definedFields({ states, name, sinceMs, sort, limit, isFirstFirst }));
  if (options.json) {
    terminal.out(`${JSON.stringify({ jobs: found, ...(unreadable.length === 0 ? {} : { unreadable }) })}\n`);
  } else if (all.length + unreadable.length === 0) {
    terminal.out(`No jobs yet. Submit one with: spotpool submit <dataset> --model <model>${stackArguments(options)}\n`);
  } else if (found.length === 0) {
    terminal.out(
      `None of the ${count(all.length)} jobs is as asked for. To list all of them: spotpool jobs${stackArguments(options)}\n`,
    );
  } else {
    const notes = found
      .filter((job) => job.brokenOff !== undefined)
      .map((job) => `\n${brokenOffText(job)}\n${resumeSubmitText(job, stackArguments(options))}\n`);
    // A line that a terminal breaks is hard to read. Whoever reads from a pipe gets the whole line.
    const columns = terminal.interactive ? terminal.size().columns : Infinity;
    const rows = series === undefined ? jobTable(found, columns) : seriesTable(found, clock.nowMs());
    const lines = rows.map((line) => fit(line, columns));
    terminal.out(`${lines.join('\n')}\n${notes.join('')}`);
  }
  return unreadable.length === 0 ? EXIT.ok : EXIT.failed;
}
