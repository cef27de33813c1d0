/**
 * R7: the target is never above what is left, falls while no new work comes, and is at least 1 while work is left. Each controller is judged by what it knew:
 * one that was frozen acts on what it read long ago.
 */
import { decodeFleetState, type FleetState } from '../../../core/contract/fleet-state.js';
import { endsKey, enqueuedKey, fleetStateKey, jobsPrefix, sentKey } from '../../../core/contract/keys.js';
import { decodeManifest } from '../../../core/contract/job.js';
import { decodeSent } from '../../../core/dataset/plan.js';
import type { Observer, ServiceCall } from '../calls.js';
import type { SimulatedProcess } from '../process.js';
import type { World } from '../world/world.js';
import { hasEverEnded, isOver, missingBatches, wasResumed } from './job-facts.js';
import type { Completion } from './r5-completion.js';

/** A controller may act on what it read so long ago: it was frozen for up to 25 minutes. */
const STALE_MS = 30 * 60_000;

interface Known {
  /** The jobs whose manifests the controller has read. */
  readonly jobs: Set<string>;
  state: FleetState | undefined;
  /** The number of batches of each job that were recorded as sent when the controller last described the fleet. */
  sent: ReadonlyMap<string, number>;
}

export class Target implements Observer {
  readonly #completion: Completion;
  readonly #known = new Map<SimulatedProcess, Known>();
  /** The number of batches of each job that are recorded as sent. */
  readonly #sent = new Map<string, number>();
  /** When each job was first seen to have ended. */
  readonly #endedAtMs = new Map<string, number>();

  constructor(completion: Completion) {
    this.#completion = completion;
  }

  onCall(call: ServiceCall, world: World): void {
    if (call.operation === 's3.put' && call.result.kind === 'written') {
      this.#noteEnds(call, world);
      this.#noteSent(call, world);
    }
    if (call.process.kind !== 'controller') return;
    if (call.operation === 's3.get' && call.found !== undefined) {
      const known = this.#of(call.process);
      if (call.key === fleetStateKey) known.state = decodeFleetState(call.found.body);
      else if (call.key.startsWith(jobsPrefix) && call.key.endsWith('/job.json')) known.jobs.add(jobOfKey(call.key));
    }
    if (call.operation === 's3.put' && call.key === fleetStateKey && call.result.kind === 'written') {
      this.#of(call.process).state = decodeFleetState(call.body);
    }
    if (call.operation === 'ec2.describe') this.#of(call.process).sent = new Map(this.#sent);
    if (call.operation === 'ec2.set-target' && call.result === 'accepted') this.#check(call, world);
  }

  #of(process: SimulatedProcess): Known {
    const known = this.#known.get(process) ?? {
      jobs: new Set<string>(),
      state: undefined,
      sent: new Map<string, number>(),
    };
    this.#known.set(process, known);
    return known;
  }

  #noteEnds({ key, atMs }: Extract<ServiceCall, { operation: 's3.put' }>, world: World): void {
    const job = world.jobs.find((candidate) => key === endsKey(candidate.job))?.job;
    if (job === undefined) return;
    if (isOver(world, job)) this.#endedAtMs.set(job, atMs);
    else this.#endedAtMs.delete(job);
  }

  #noteSent({ key, body }: Extract<ServiceCall, { operation: 's3.put' }>, world: World): void {
    for (const { batches, job } of world.jobs) {
      const sent = key === enqueuedKey(job) ? batches : key === sentKey(job) ? decodeSent(body) : 0;
      if (sent > (this.#sent.get(job) ?? 0)) this.#sent.set(job, sent);
    }
  }

  #check({ target, before, process }: Extract<ServiceCall, { operation: 'ec2.set-target' }>, world: World): void {
    const { jobs, sent, state } = this.#of(process);
    if (target > world.settings.maxWorkers) {
      world.problem(
        `R7: ${process.name} set the target to ${target}, above the stack's maximum of ${world.settings.maxWorkers}`,
      );
    }
    // A controller looks at the jobs once more after it has described the fleet. It cannot know of what is recorded after that, nor of messages whose
    // record was never written because their submission broke off: somebody has to submit the job once more.
    const open = world.jobs.filter(
      (job) =>
        !hasEverEnded(world, job.job) && (sent.get(job.job) ?? 0) > job.batches - missingBatches(world, job).length,
    );
    if (target === 0 && open.length > 0) {
      world.problem(
        `R7: ${process.name} set the target to 0 while ${open.map(({ job }) => job).join(', ')} has work left`,
      );
    }
    const mayBeOpen = world.jobs.filter(({ job }) => {
      const endedAtMs = this.#endedAtMs.get(job);
      return jobs.has(job) && (endedAtMs === undefined || endedAtMs > world.clock.nowMs - STALE_MS);
    });
    const left = mayBeOpen.reduce((sum, { job, batches }) => {
      const most = maxWorkersOf(world, job);
      return sum + Math.min(most, batches - this.#completion.seenBy(process, job));
    }, 0);
    if (target > before && target > Math.max(1, left)) {
      world.problem(`R7: ${process.name} raised the target to ${target}, and knew of ${left} batches that are left`);
    }
    const isNew = mayBeOpen.some(
      ({ job }) =>
        state?.jobs.includes(job) !== true ||
        world.bucket.objects.get(enqueuedKey(job)) === undefined ||
        wasResumed(world, job),
    );
    if (state !== undefined && !isNew && target > before && target > Math.max(1, state.target)) {
      world.problem(
        `R7: ${process.name} raised the target from ${before} to ${target} without new work (${state.target} was published)`,
      );
    }
  }
}

const jobOfKey = (key: string): string => key.slice(jobsPrefix.length, key.indexOf('/', jobsPrefix.length));

function maxWorkersOf(world: World, job: string): number {
  const text = world.bucket.text(`${jobsPrefix}${job}/job.json`);
  const manifest = text === undefined ? undefined : decodeManifest(text, job);
  return manifest?.options.maxWorkers ?? world.settings.maxWorkers;
}
