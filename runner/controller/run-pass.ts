/**
 * One pass of the controller: observe the jobs, end those that have come to their end, send lost batches again, steer the fleet. Any number of
 * controllers may run passes at once, and none needs to: workers go on without (R8).
 */
import { decideTarget, type JobDemand } from '../../core/capacity.js';
import { mapBounded } from '../../core/map-bounded.js';
import { isQuiet, lookAtQueue, QUIET_MS } from '../../core/quiet.js';
import type { FleetDescription } from '../ports.js';
import { countUsage } from './count-usage.js';
import { endJobs, endJobsWithoutWorkers } from './end-jobs.js';
import { takeSwitchAway } from './hold-switch.js';
import { PassEvents } from './pass-events.js';
import { newControllerMemory, newJobMemory } from './ports.js';
import type { ControllerMemory, ControllerOptions, ControllerPorts } from './ports.js';
import type { FleetReading } from './read-fleet.js';
import { listJobIds, readJob, type JobView } from './read-job.js';
import { tellOverdue } from './tell-overdue.js';
import { countFleet, progressOfJob, type PassReport } from './report.js';
import { resendMissing } from './resend.js';
import { awaitedTarget, steerFleet } from './steer-fleet.js';

const JOBS_AT_ONCE = 4;
/** Keeps a pass short when a hundred thousand outcomes wait to be counted: the fleet must not wait for them. */
const MAX_NEW_OUTCOMES = 10_000;
/** Fewer instances than wanted for this long is the market's answer, not a boot under way. */
const SHORTAGE_MS = 60_000;

export async function runPass(
  ports: ControllerPorts,
  options: ControllerOptions,
  signal: AbortSignal,
): Promise<PassReport> {
  const memory = options.memory ?? newControllerMemory();
  const atMs = ports.clock.nowMs();
  const events = new PassEvents(new Date(atMs).toISOString(), memory.told);

  const found = await readActiveJobs(ports, memory, signal);
  const means = { ports, memory, events, signal };
  const jobs = await endJobs(found, means);
  await sendLostBatches(ports, options, memory, { jobs, events, signal });

  const demands = jobs.map(demandOf);
  const decide = ({ state }: FleetReading, reportedSlots: readonly number[]) =>
    decideTarget({ demands, reportedSlots, maxWorkers: options.maxWorkers, published: state });
  const { reading, statuses, desired } = await steerFleet(ports, memory, { decide, events }, signal);
  const { description } = reading;
  await countUsage(ports.store, atWork(jobs, memory), { instances: runningIn(description), nowMs: atMs, signal });
  const awaitsTarget = awaitedTarget(memory, ports.clock.nowMs()) !== undefined;
  const parked = !awaitsTarget && desired.target === 0 && description.target === 0 && reading.live.length === 0;
  const isTornDown = reading.state?.teardown !== undefined;
  if (parked) await takeSwitchAway(means, async () => !isTornDown && (await isWorkLeft(ports, memory, signal)));
  else memory.switchGone = false;
  // What has failed for want of a worker parks the fleet in the next pass.
  const left = await endJobsWithoutWorkers(jobs, { description, statuses }, means);

  const short = desired.target > 0 && reading.live.length < Math.min(desired.target, description.target);
  tellOverdue(reading.live, { maxLifeMs: options.maxLifeMs, nowMs: atMs }, events);
  tellShortage(memory, short, reading, atMs, events);
  return {
    atMs,
    fleet: countFleet(description, reading.live, statuses),
    description,
    state: reading.state,
    jobs: left.map(progressOfJob),
    events: events.all(),
    awaitsTarget,
    parked,
  };
}

/** Jobs with work left, and what is remembered of each. */
const atWork = (jobs: readonly JobView[], memory: ControllerMemory) =>
  jobs.flatMap((view) => {
    const known = memory.jobs.get(view.job);
    return known !== undefined && demandOf(view).left > 0 ? [{ job: view.job, memory: known }] : [];
  });

const runningIn = ({ instances }: FleetDescription): number =>
  instances.filter(({ state }) => state === 'running').length;

/** Ended jobs are looked at once: what they left behind changes nothing. */
async function readActiveJobs(
  { store }: ControllerPorts,
  memory: ControllerMemory,
  signal: AbortSignal,
): Promise<readonly JobView[]> {
  const active = (await listJobIds(store, signal)).filter((job) => !memory.ended.has(job));
  const views = await mapBounded(active, JOBS_AT_ONCE, (job) => {
    const jobMemory = memory.jobs.get(job) ?? newJobMemory();
    memory.jobs.set(job, jobMemory);
    return readJob(store, job, jobMemory, { save: true, maxOutcomes: MAX_NEW_OUTCOMES, signal });
  });
  return views.filter((view) => view !== undefined);
}

/** As it is in the bucket now, whatever the pass has seen. */
async function isWorkLeft(ports: ControllerPorts, memory: ControllerMemory, signal: AbortSignal): Promise<boolean> {
  const views = await readActiveJobs(ports, memory, signal);
  return views.some((view) => demandOf(view).left > 0);
}

function demandOf({ job, manifest, facts, verdict, sent }: JobView): JobDemand {
  const { maxWorkers } = manifest.options;
  const active = verdict.state === 'running' || verdict.state === 'submitting';
  return {
    job,
    left: active ? Math.max(0, sent - facts.progress.batches.done) : 0,
    enqueued: facts.enqueued,
    ...(maxWorkers === undefined ? {} : { maxWorkers }),
  };
}

async function sendLostBatches(
  ports: ControllerPorts,
  { quietMs = QUIET_MS }: ControllerOptions,
  memory: ControllerMemory,
  pass: { readonly jobs: readonly JobView[]; readonly events: PassEvents; readonly signal: AbortSignal },
): Promise<void> {
  const waiting = pass.jobs.filter(({ verdict }) => verdict.state === 'running');
  if (waiting.length === 0) {
    memory.quiet = undefined;
    return;
  }
  memory.quiet = lookAtQueue(memory.quiet, await ports.queue.counts(pass.signal), ports.clock.nowMs());
  for (const view of waiting) {
    const nowMs = ports.clock.nowMs();
    if (!isQuiet(memory.quiet, nowMs, quietMs)) return;
    const jobMemory = memory.jobs.get(view.job);
    // The counters need their time to show what was sent: the wait before the next resend is as long as the first.
    if (jobMemory === undefined || nowMs - (jobMemory.resentAtMs ?? -Infinity) < quietMs) continue;
    const sent = await resendMissing(ports, view, pass.signal);
    jobMemory.resentAtMs = nowMs;
    pass.events.add(
      'batches-sent-again',
      `Job ${view.job}: the queue is empty, but ${sent} batches have no outcome; they were sent again.`,
      view.job,
    );
  }
}

function tellShortage(
  memory: ControllerMemory,
  short: boolean,
  { live, description }: FleetReading,
  nowMs: number,
  events: PassEvents,
): void {
  memory.shortSinceMs = short ? (memory.shortSinceMs ?? nowMs) : undefined;
  const lasting = memory.shortSinceMs !== undefined && nowMs - memory.shortSinceMs >= SHORTAGE_MS;
  events.trouble('shortage', lasting, () => {
    const seconds = Math.round((nowMs - (memory.shortSinceMs ?? nowMs)) / 1000);
    return `Spot capacity is short: ${live.length} of ${description.target} instances for ${seconds} s. The job goes on with these; more instance types or zones in the stack would help.`;
  });
}
