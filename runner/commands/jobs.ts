/** `spotpool jobs` lists every job of the stack. */
import { defineStackCommand, type StackCall } from '../cli/command.js';
import { EXIT } from '../cli/exit-codes.js';
import { clockTime, count, fit, oneLine, percent, table } from '../display/format.js';
import { messageOf } from '../errors.js';
import { listJobs } from '../status/job-status.js';
import { brokenOffText, resumeSubmitText } from './advice/resume.js';
import { stackArguments } from './advice/command-lines.js';

export const jobsCommand = defineStackCommand({
  name: 'jobs',
  description: 'List every job of the stack, the newest first.',
  args: {},
  options: {},
  examples: ['spotpool jobs --local', 'spotpool jobs --json | jq -r .jobs[].job'],
  run: jobs,
});

async function jobs({ context, ports: { store }, options }: StackCall): Promise<number> {
  const { terminal, signal } = context;
  const unreadable: string[] = [];
  const found = await listJobs(store, signal, (job, error) => {
    unreadable.push(job);
    terminal.err(`error: Job ${job} could not be read, so it is not in the list: ${messageOf(error)}\n`);
  });
  if (options.json) {
    terminal.out(`${JSON.stringify({ jobs: found })}\n`);
  } else if (found.length + unreadable.length === 0) {
    terminal.out('No jobs yet. Submit one with: spotpool submit <dataset> --model <model>\n');
  } else {
    const header = ['JOB', 'STATE', 'DONE', 'ITEMS', 'FAILED', 'CREATED', 'BY', 'MODEL', 'DATASET'];
    const rows = found.map((job) => [
      job.job,
      job.brokenOff === undefined ? job.state : `${job.state}, broken off`,
      percent(job.items.ok + job.items.failed, job.items.total),
      count(job.items.total),
      count(job.items.failed),
      `${job.createdAt.slice(0, 10)} ${clockTime(job.createdAt)}`,
      oneLine(job.createdBy),
      oneLine(job.model),
      oneLine(job.dataset),
    ]);
    const notes = found
      .filter((job) => job.brokenOff !== undefined)
      .map((job) => `\n${brokenOffText(job)}\n${resumeSubmitText(job, stackArguments(options))}\n`);
    // A line that a terminal breaks is hard to read. Whoever reads from a pipe gets the whole line.
    const columns = terminal.interactive ? terminal.size().columns : Infinity;
    const lines = table([header, ...rows], [2, 3, 4]).map((line) => fit(line, columns));
    terminal.out(`${lines.join('\n')}\n${notes.join('')}`);
  }
  return unreadable.length === 0 ? EXIT.ok : EXIT.failed;
}
