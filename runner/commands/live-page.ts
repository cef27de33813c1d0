/** Serves the live page of `watch --web`: of one job, or of all jobs of the stack. */
import { randomBytes } from 'node:crypto';
import { definedFields } from '../../core/defined-fields.js';
import type { CliContext, StackPorts } from '../cli/context.js';
import { readPageAssets } from '../page/assets.js';
import { type LiveServer, type LiveSource, serveLivePage } from '../page/live/server.js';
import type { ListedJob } from '../page/page-data.js';
import { newRecordMemory } from '../record/build-record.js';
import { listJobs } from '../status/job-status.js';
import { readRecord } from '../api/read-record.js';

/** 128 bits, which nobody tries out. */
const TOKEN_BYTES = 16;

export async function openLivePage(
  context: CliContext,
  ports: StackPorts,
  job: string | undefined,
): Promise<LiveServer> {
  const jobPage = (id: string): LiveSource => sourceOfJob(context, ports, id);
  const token = randomBytes(TOKEN_BYTES).toString('hex');
  const common = { assets: await readPageAssets(), clock: context.clock, token };
  if (job !== undefined) return serveLivePage({ ...common, root: jobPage(job) });
  return serveLivePage({ ...common, root: sourceOfJobs(ports), jobPage });
}

function sourceOfJob(context: CliContext, ports: StackPorts, job: string): LiveSource {
  // Each look after the first reads only what changed.
  const memory = newRecordMemory();
  return {
    empty: { view: 'job', job, live: true },
    title: job,
    read: async (signal) => ({
      view: 'job',
      job,
      live: true,
      record: await readRecord(context, ports, job, signal, memory),
    }),
  };
}

/** A job that cannot be read is missing from the list. `spotpool jobs` says why. */
const sourceOfJobs = ({ store, config }: StackPorts): LiveSource => ({
  empty: { view: 'jobs', stack: config.name },
  title: `Jobs of ${config.name}`,
  read: async (signal) => ({
    view: 'jobs',
    stack: config.name,
    jobs: (await listJobs(store, signal, () => undefined)).map((listed): ListedJob => {
      const { job, name, state, items, createdAt, createdBy, model, dataset } = listed;
      return { job, ...definedFields({ name }), state, items, createdAt, createdBy, model, dataset };
    }),
  }),
});
