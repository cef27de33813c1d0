/**
 * One pass of the controller, in three parts: the jobs, the fleet, and what follows from both. Each part observes, decides and acts; decisions are pure
 * (decide/ and core/). Any number of controllers may run passes at once, and none is needed: workers go on without (R8).
 */
import { cutOffTrouble } from '../../core/pool/boot.js';
import type { JobDemand } from '../../core/pool/capacity.js';
import { isParked } from '../../core/pool/parked.js';
import { awaitedTarget } from '../../core/pool/pool-state.js';
import { findSilent } from '../../core/pool/silent-workers.js';
import { isShort } from '../../core/pool/shortage.js';
import type { FleetDescription } from '../ports.js';
import { countUsage } from './act/count-usage.js';
import { endJobs } from './act/end-jobs.js';
import { disarmParked } from './act/hold-switch.js';
import { keepHistories } from './act/keep-history.js';
import { resendBatches } from './act/resend-batches.js';
import type { FleetDemand } from './decide/fleet-step.js';
import { decideEnds, decideEndsWithoutWorkers, isWaiting } from './decide/job-ends.js';
import { decideResends, decideSilentResends } from './decide/resends.js';
import { overdueTrouble, shortageTrouble, silentTrouble } from './decide/troubles.js';
import { learn } from './memory.js';
import { observeQueue } from './observe/observe-queue.js';
import {
  type ActiveJobs,
  demandOf,
  demandsOfUnreadable,
  isWorkLeft,
  readActiveJobs,
} from './observe/read-active-jobs.js';
import { readBoots } from './observe/read-boots.js';
import type { JobView } from './observe/read-job.js';
import { openPass, type PassContext } from './pass-context.js';
import type { ControllerOptions, ControllerPorts } from './ports.js';
import { countFleet, progressOfJob, type PassReport } from './report.js';
import { steerFleet, type Steered } from './steer-fleet.js';

export async function runPass(
  ports: ControllerPorts,
  options: ControllerOptions,
  signal: AbortSignal,
): Promise<PassReport> {
  const context = openPass(ports, options, signal);

  const found = await readActiveJobs(context);
  const jobs = await endJobs(decideEnds(found.views), context);
  await sendLostBatches(jobs, context);

  const steered = await steerFleet(demandOfAll(jobs, found, context), context);
  const { reading, statuses } = steered;
  await sendBatchesOfSilentJobs(jobs, steered, context);
  await countUsage(jobs, runningIn(reading.description), context);

  const standing = standingOf(steered, context);
  if (standing.parked) await disarm(steered, context);
  else learn(context.memory, { kind: 'fleet-in-use' });
  // A job that fails here lets the fleet be parked in the next pass.
  const left = await endJobsWithoutWorkers(jobs, steered, context);
  reportTroubles(steered, context);
  await keepHistories(left, steered, context);

  return {
    ...standing,
    atMs: context.nowMs,
    fleet: countFleet(reading.description, reading.live, statuses),
    description: reading.description,
    preparing: [...statuses.values()].flatMap(({ preparing }) => preparing ?? []),
    state: reading.state,
    jobs: left.map(progressOfJob),
    unreadable: found.unreadable,
    events: context.events.all(),
  };
}

async function sendLostBatches(jobs: readonly JobView[], context: PassContext): Promise<void> {
  const { ports, options, memory } = context;
  await observeQueue(jobs, context);
  const scope = { pool: memory.pool, nowMs: ports.clock.nowMs(), quietMs: options.quietMs };
  await resendBatches(decideResends(jobs, memory.jobs, scope), 'queue-empty', context);
}

async function sendBatchesOfSilentJobs(
  jobs: readonly JobView[],
  steered: Steered,
  context: PassContext,
): Promise<void> {
  const { ports, memory } = context;
  const seen = { ...steered.heard, statuses: steered.statuses, nowMs: ports.clock.nowMs() };
  await resendBatches(decideSilentResends(jobs, memory.jobs, seen), 'silent', context);
}

function demandOfAll(jobs: readonly JobView[], found: ActiveJobs, context: PassContext): FleetDemand {
  const { demands, unknown } = demandsOfUnreadable(found, context);
  const current = jobs.map((view) => demandNow(view, context));
  return { demands: [...current, ...demands], unknown, maxWorkers: context.options.maxWorkers };
}

/** Whoever looked for the batches that a job lacks may have found outcomes that were not there when the job was read. */
function demandNow(view: JobView, { memory }: PassContext): JobDemand {
  const demand = demandOf(view);
  const { done = 0 } = memory.jobs.get(view.job)?.progress?.progress.batches ?? {};
  return { ...demand, left: Math.max(0, Math.min(demand.left, view.sent - done)) };
}

const runningIn = ({ instances }: FleetDescription): number =>
  instances.filter(({ state }) => state === 'running').length;

const capacityOf = ({ reading, desired }: Steered) => ({
  desiredTarget: desired.target,
  shownTarget: reading.description.target,
  live: reading.live.length,
});

function standingOf(
  steered: Steered,
  { ports, memory }: PassContext,
): { readonly awaitsTarget: boolean; readonly parked: boolean } {
  const awaitsTarget = awaitedTarget(memory.pool, ports.clock.nowMs()) !== undefined;
  return { awaitsTarget, parked: isParked({ ...capacityOf(steered), awaitsTarget }) };
}

async function disarm({ reading }: Steered, context: PassContext): Promise<void> {
  const isTornDown = reading.state?.teardown !== undefined;
  await disarmParked(context, async () => !isTornDown && (await isWorkLeft(context)));
}

async function endJobsWithoutWorkers(
  jobs: readonly JobView[],
  { reading, statuses, heard: { heardAtMs, atMs } }: Steered,
  context: PassContext,
): Promise<readonly JobView[]> {
  const waiting = jobs.filter(isWaiting);
  const { maxIdleMs } = context.options;
  if (waiting.length === 0) {
    context.events.trouble('instances-cut-off', undefined);
    return jobs;
  }
  const sinceMs = Math.min(...waiting.map(({ beganAtMs }) => beganAtMs));
  const scope = { sinceMs, statuses, heardAtMs, atMs, signal: context.signal };
  const boots = await readBoots(context.ports.store, context.memory, reading.description, scope);
  context.events.trouble('instances-cut-off', cutOffTrouble(boots, { sinceMs, maxIdleMs }));
  return endJobs(decideEndsWithoutWorkers(jobs, boots, maxIdleMs), context);
}

function reportTroubles(steered: Steered, { memory, options, events, nowMs }: PassContext): void {
  const { reading, heard } = steered;
  learn(memory, { kind: 'capacity-compared', isShort: isShort(capacityOf(steered)), atMs: nowMs });
  events.trouble('instance-overdue', overdueTrouble(reading.live, { maxLifeMs: options.maxLifeMs, nowMs }));
  const running = reading.live.filter(({ state }) => state === 'running').map(({ instance }) => instance);
  events.trouble('worker-silent', silentTrouble(findSilent(running, heard)));
  const view = { live: reading.live.length, target: reading.description.target, nowMs };
  events.trouble('shortage', shortageTrouble(memory.pool.shortage, view));
}
