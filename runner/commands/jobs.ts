/** `spotpool jobs` lists the jobs of the stack. */
import type { JobState } from '../../core/contract/job.js';
import { definedFields } from '../../core/defined-fields.js';
import { defineStackCommand, type StackCall } from '../cli/command.js';
import { EXIT } from '../cli/exit-codes.js';
import { choice, parsed, text } from '../cli/option-rows.js';
import { integerBetween, jobStates, moment } from '../cli/values.js';
import type { JobProgress } from '../controller/report.js';
import { clockTime, count, fit, oneLine, percent, table } from '../display/format.js';
import { messageOf } from '../errors.js';
import { chooseJobs, JOB_SORTS } from '../status/choose-jobs.js';
import { listJobs } from '../status/job-status.js';
import { brokenOffText, resumeSubmitText } from './advice/resume.js';
import { stackArguments } from './advice/command-lines.js';

const MOST_JOBS = 1_000_000;

const jobsOptions = {
  state: parsed<readonly JobState[]>(
    '<states>',
    'list only jobs in these states: submitting, running, complete, cancelled or failed; commas separate them',
    jobStates,
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
    'spotpool jobs --json | jq -r .jobs[].job',
  ],
  run: jobs,
});

async function jobs({ context, ports: { store }, options }: StackCall<never, typeof jobsOptions>): Promise<number> {
  const { terminal, signal, clock } = context;
  const { state: states, name, since, sort, limit } = options;
  const unreadable: { readonly job: string; readonly message: string }[] = [];
  const all = await listJobs(store, signal, (job, error) => {
    const message = `Job ${job} could not be read, so it is not in the list: ${messageOf(error)}`;
    unreadable.push({ job, message });
    terminal.err(`error: ${message}\n`);
  });
  const sinceMs = since && (since.kind === 'date' ? since.atMs : clock.nowMs() - since.beforeMs);
  const found = chooseJobs(all, definedFields({ states, name, sinceMs, sort, limit }));
  if (options.json) {
    terminal.out(`${JSON.stringify({ jobs: found, ...(unreadable.length === 0 ? {} : { unreadable }) })}\n`);
  } else if (all.length + unreadable.length === 0) {
    terminal.out('No jobs yet. Submit one with: spotpool submit <dataset> --model <model>\n');
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
    const lines = tableOf(found, terminal.interactive).map((line) => fit(line, columns));
    terminal.out(`${lines.join('\n')}\n${notes.join('')}`);
  }
  return unreadable.length === 0 ? EXIT.ok : EXIT.failed;
}

/** A longer name would push everything else off a terminal's line. */
const SHOWN_NAME_COLUMNS = 24;

/** The columns that matter most come first. Names and parents have a column when a job has one. */
function tableOf(found: readonly JobProgress[], isTerminal: boolean): readonly string[] {
  const hasName = found.some(({ name }) => name !== undefined);
  const hasParent = found.some(({ parent }) => parent !== undefined);
  const most = isTerminal ? SHOWN_NAME_COLUMNS : Infinity;
  const header = [
    ...['JOB', 'STATE', 'DONE', 'FAILED', 'ITEMS'],
    ...(hasName ? ['NAME'] : []),
    'CREATED',
    ...(hasParent ? ['RERUN OF'] : []),
    ...['MODEL', 'DATASET', 'BY'],
  ];
  const rows = found.map((job) => [
    job.job,
    job.brokenOff === undefined ? job.state : `${job.state}, broken off`,
    percent(job.items.ok + job.items.failed, job.items.total),
    count(job.items.failed),
    count(job.items.total),
    ...(hasName ? [fit(oneLine(job.name ?? ''), most)] : []),
    `${job.createdAt.slice(0, 10)} ${clockTime(job.createdAt)}`,
    ...(hasParent ? [job.parent ?? ''] : []),
    oneLine(job.model),
    oneLine(job.dataset),
    oneLine(job.createdBy),
  ]);
  return table([header, ...rows], [2, 3, 4]);
}
