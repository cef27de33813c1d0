/**
 * R3: finished items are saved before their batch is handed back; a worker that has seen an interruption notice takes no more batches, and holds none any more when AWS takes its instance as announced. The end is
 * checked only where the notice left enough time and nothing disturbed the worker.
 */
import type { Observer, ServiceCall } from '../calls.js';
import type { SimulatedProcess } from '../process.js';
import type { World } from '../world/world.js';
import type { NewWorkerEvent } from '../../../core/contract/events.js';
import type { Calm } from './calm.js';
import { type HeldLeases, isHeldAt } from './held-leases.js';
import { jobOf } from './job-facts.js';
import { nameOf } from './r2-leases.js';

/** The reply may be slow, and an open poll may end by itself. */
const STOPS_WITHIN_MS = 15_000;
/** The notice is seen a moment after it was given. */
const TOLERANCE_MS = 1_000;
/** A save and its hand-back take a few slow calls. Items that were answered in this time may come too late for them. */
const SAVED_WITHIN_MS = 9_000;
/** With less time than this some work may be lost. */
const ENOUGH_MS = 25_000;

/** After SIGTERM a worker ends within a second or two (worker/engine/drain.ts), and a slow save may not fit into them. */
const isStopped = (process: SimulatedProcess, world: World): boolean =>
  world.fleet.instances.some((instance) => instance.process === process && instance.stop.signal.aborted);

export class Notices implements Observer {
  readonly #leases: HeldLeases;
  readonly #calm: Calm;
  readonly #seenAtMs = new Map<SimulatedProcess, number>();
  /** The time that the notice left when it was seen. */
  readonly #leftMs = new Map<SimulatedProcess, number>();
  readonly #answered = new Map<SimulatedProcess, { job: string; index: number; atMs: number }[]>();
  readonly #checked = new Set<string>();

  constructor(leases: HeldLeases, calm: Calm) {
    this.#leases = leases;
    this.#calm = calm;
  }

  onCall(call: ServiceCall, world: World): void {
    const { process } = call;
    if (call.operation === 'metadata.notices') {
      for (const notice of call.notices) {
        if (notice.kind !== 'interruption' || this.#seenAtMs.has(process)) continue;
        this.#seenAtMs.set(process, call.atMs);
        this.#leftMs.set(process, notice.takesAtMs - process.clock.nowMs());
      }
      return;
    }
    if (call.operation !== 'sqs.receive') return;
    const seenAtMs = this.#seenAtMs.get(process);
    if (seenAtMs === undefined || call.askedAtMs <= seenAtMs + STOPS_WITHIN_MS) return;
    if (!this.#calm.isUndisturbed(process, world, STOPS_WITHIN_MS)) return;
    world.problem(`R3: ${process.name} asked for batches after an interruption notice`);
  }

  onAnswered(
    process: SimulatedProcess,
    { job, index }: { readonly job: string; readonly index: number },
    world: World,
  ): void {
    const answered = this.#answered.get(process) ?? [];
    this.#answered.set(process, answered);
    answered.push({ job, index, atMs: world.clock.nowMs });
  }

  onWorkerEvent(process: SimulatedProcess, event: NewWorkerEvent, world: World): void {
    if (event.code !== 'batch-handed-back' || (event.reason !== 'interruption' && event.reason !== 'draining')) return;
    if (isStopped(process, world)) return;
    const job = jobOf(world, event.job ?? '');
    if (job === undefined || job.behaviour.fates.size > 0 || event.batch === undefined) return;
    const leases = this.#leases
      .allOf(process)
      .filter(({ message }) => message?.job === event.job && message?.batch === event.batch);
    const [lease] = leases;
    if (lease === undefined || leases.length > 1) return;
    if (!this.#calm.isUndisturbed(process, world, world.clock.nowMs - lease.receivedAtMs)) return;
    const first = event.batch * job.itemsPerBatch;
    const finished = (this.#answered.get(process) ?? []).filter(
      ({ job: name, index, atMs }) =>
        name === event.job &&
        index >= first &&
        index < first + job.itemsPerBatch &&
        atMs >= lease.receivedAtMs &&
        atMs < world.clock.nowMs - SAVED_WITHIN_MS,
    );
    // Items may be saved in more than one try, and a process that dies with its slot answers some of them twice.
    if (new Set(finished.map(({ index }) => index)).size > event.savedItems) {
      world.problem(
        `R3: ${process.name} handed batch ${event.batch} of ${event.job} back with ${event.savedItems} saved items, and had finished ${finished.length}`,
      );
    }
  }

  onFault(_: string, world: World): void {
    this.#checkTaken(world);
  }

  onEnd(world: World): void {
    this.#checkTaken(world);
  }

  #checkTaken(world: World): void {
    for (const { endedAtMs, id, process, reclaimed } of world.fleet.instances) {
      if (endedAtMs === undefined || this.#checked.has(id)) continue;
      this.#checked.add(id);
      const seenAtMs = this.#seenAtMs.get(process);
      if (!reclaimed || seenAtMs === undefined || endedAtMs - seenAtMs < ENOUGH_MS) continue;
      // AWS may take the instance earlier than it said.
      if (endedAtMs - seenAtMs < (this.#leftMs.get(process) ?? 0) - TOLERANCE_MS) continue;
      if (!this.#calm.isUndisturbed(process, world, world.clock.nowMs - seenAtMs + STOPS_WITHIN_MS)) continue;
      for (const lease of this.#leases.allOf(process)) {
        if (isHeldAt(lease, endedAtMs) && lease.lostAtMs === undefined) {
          world.problem(
            `R3: ${id} was taken ${endedAtMs - seenAtMs} ms after its notice, and still held ${nameOf(lease)}`,
          );
        }
      }
    }
  }
}
