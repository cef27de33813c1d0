/**
 * One pass of the controller: observe the jobs, end those that have come to their end, send lost batches again, steer the fleet. Any number of
 * controllers may run passes at once, and none needs to: workers go on without (R8).
 */
import { decideTarget, holdForUnknown } from '../../core/pool/capacity.js';
import { isQuiet, lookAtQueue, QUIET_MS } from '../../core/pool/quiet.js';
import type { FleetDescription, ObjectStore } from '../ports.js';
import { countUsage } from './act/count-usage.js';
import { tellingOfDamages } from './damages.js';
import { endJobs, endJobsWithoutWorkers, type EndMeans } from './act/end-jobs.js';
import { takeSwitchAway } from './act/hold-switch.js';
import { PassEvents } from './pass-events.js';
import { keepToJob } from './keep-to-job.js';
import { newControllerMemory, type ControllerMemory, type ControllerOptions, type ControllerPorts } from './ports.js';
import type { FleetReading } from './observe/read-fleet.js';
import { demandOf, demandsOfUnreadable, readActiveJobs } from './observe/read-active-jobs.js';
import type { JobView } from './observe/read-job.js';
import { tellOverdue } from './tell-overdue.js';
import { countFleet, progressOfJob, type PassReport } from './report.js';
import { resendMissing } from './act/resend.js';
import { awaitedTarget, steerFleet } from './act/steer-fleet.js';

/** Fewer instances than wanted for this long is the market's answer, not a boot under way. */
const SHORTAGE_MS = 60_000;

export async function runPass(
  outerPorts: ControllerPorts,
  options: ControllerOptions,
  signal: AbortSignal,
): Promise<PassReport> {
  const memory = options.memory ?? newControllerMemory();
  const atMs = outerPorts.clock.nowMs();
  const events = new PassEvents(new Date(atMs).toISOString(), memory.told);
  const ports = { ...outerPorts, store: tellingInEvents(outerPorts.store, memory, events) };
  const means = { ports, memory, events, signal, nowMs: atMs };

  const found = await readActiveJobs(ports.store, means);
  const jobs = await endJobs(found.views, means);
  await sendLostBatches(ports, options, memory, { jobs, events, signal });

  const unread = demandsOfUnreadable(found, means);
  const demands = [...jobs.map(demandOf), ...unread.demands];
  const { maxWorkers } = options;
  const decide = ({ state, description }: FleetReading, reportedSlots: readonly number[]) => {
    const decision = decideTarget({ demands, reportedSlots, maxWorkers, published: state });
    const scope = { shownTarget: description.target, maxWorkers, published: state };
    return holdForUnknown(decision, unread.unknown, scope);
  };
  const { reading, statuses, desired } = await steerFleet(ports, memory, { decide, events }, signal);
  const { description } = reading;
  await countUsage(ports.store, atWork(jobs, memory), { instances: runningIn(description), ...means });
  const awaitsTarget = awaitedTarget(memory, ports.clock.nowMs()) !== undefined;
  const parked = !awaitsTarget && desired.target === 0 && description.target === 0 && reading.live.length === 0;
  const isTornDown = reading.state?.teardown !== undefined;
  if (parked) await takeSwitchAway(means, async () => !isTornDown && (await isWorkLeft(means)));
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
    unreadable: found.unreadable,
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

function tellingInEvents(store: ObjectStore, { toldDamages }: ControllerMemory, events: PassEvents): ObjectStore {
  return tellingOfDamages(store, toldDamages, (sentence) => events.add('object-damaged', sentence));
}

/** Looks at the bucket as it is now, whatever the pass has seen. A job that cannot be read may have work, for a while. */
async function isWorkLeft(means: EndMeans & { readonly nowMs: number }): Promise<boolean> {
  const found = await readActiveJobs(means.ports.store, means);
  const { demands, unknown } = demandsOfUnreadable(found, means);
  return unknown.length > 0 || [...found.views.map(demandOf), ...demands].some(({ left }) => left > 0);
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
    const means = { memory, events: pass.events, signal: pass.signal };
    const sent = await keepToJob(means, view.job, 'sent again', () => resendMissing(ports, view, pass.signal));
    if (sent === undefined) continue;
    jobMemory.resentAtMs = nowMs;
    pass.events.add(
      'batches-sent-again',
      `Job ${view.job}: the queue is empty, but ${sent.value} batches have no outcome; they were sent again.`,
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
