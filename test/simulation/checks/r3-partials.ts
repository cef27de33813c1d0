/**
 * R3: finished items that are a minute of work are saved, notice or not, so that an unnoticed kill costs little more than that. It is checked where
 * the worker beats a lease, and only where nothing has disturbed the worker.
 */
import type { Observer, ServiceCall } from '../calls.js';
import type { SimulatedProcess } from '../process.js';
import type { World } from '../world/world.js';
import type { Calm } from './calm.js';
import type { HeldLeases, SeenLease } from './held-leases.js';
import { batchOfKey, jobOf } from './job-facts.js';
import { nameOf } from './r2-leases.js';

const MOST_UNSAVED_MS = 60_000;
/** The worker looks every five seconds, and each of its calls may be slow. */
const SAVED_WITHIN_MS = 20_000;

interface Answered {
  readonly job: string;
  readonly index: number;
  readonly atMs: number;
}

export class Partials implements Observer {
  readonly #leases: HeldLeases;
  readonly #calm: Calm;
  readonly #answered = new Map<SimulatedProcess, Answered[]>();
  /** When each lease's last save was asked for. */
  readonly #savedAtMs = new Map<SeenLease, number>();
  readonly #told = new Set<SeenLease>();

  constructor(leases: HeldLeases, calm: Calm) {
    this.#leases = leases;
    this.#calm = calm;
  }

  onAnswered(process: SimulatedProcess, answer: { readonly job: string; readonly index: number }, world: World): void {
    const answered = this.#answered.get(process);
    const seen = { ...answer, atMs: world.clock.nowMs };
    if (answered === undefined) this.#answered.set(process, [seen]);
    else answered.push(seen);
  }

  onCall(call: ServiceCall, world: World): void {
    if (call.operation === 's3.put' && batchOfKey(call.key, 'partial') !== undefined) this.#saved(call);
    if (call.operation !== 'sqs.change-visibility') return;
    for (const { receiptHandle, visibilityTimeoutSeconds } of call.changes) {
      const lease = this.#leases.of(receiptHandle);
      if (lease !== undefined && visibilityTimeoutSeconds > 0) this.#check(lease, call, world);
    }
  }

  #saved({ key, process, askedAtMs }: Extract<ServiceCall, { operation: 's3.put' }>): void {
    const saved = batchOfKey(key, 'partial');
    for (const lease of this.#leases.allOf(process)) {
      const { message } = lease;
      if (message?.job === saved?.job && message?.batch === saved?.batch) this.#savedAtMs.set(lease, askedAtMs);
    }
  }

  #check(lease: SeenLease, { atMs, process }: ServiceCall, world: World): void {
    const { message } = lease;
    const job = jobOf(world, message?.job ?? '');
    if (message === undefined || job === undefined || job.behaviour.fates.size > 0 || this.#told.has(lease)) return;
    const sinceMs = Math.max(lease.receivedAtMs, this.#savedAtMs.get(lease) ?? 0);
    const first = message.batch * job.itemsPerBatch;
    const unsaved = (this.#answered.get(process) ?? []).filter(
      (answer) =>
        answer.job === job.job &&
        answer.index >= first &&
        answer.index < first + job.itemsPerBatch &&
        answer.atMs > sinceMs,
    );
    const beganMs = unsaved[0]?.atMs ?? atMs;
    const due = unsaved.find((answer) => answer.atMs - beganMs >= MOST_UNSAVED_MS);
    if (due === undefined || atMs - due.atMs <= SAVED_WITHIN_MS || isLeaving(process, world)) return;
    if (!this.#calm.isUndisturbed(process, world, atMs - beganMs)) return;
    this.#told.add(lease);
    const minutes = ((unsaved.at(-1)?.atMs ?? atMs) - beganMs) / MOST_UNSAVED_MS;
    world.problem(`R3: ${process.name} has finished ${minutes.toFixed(1)} minutes of ${nameOf(lease)}, and saved none`);
  }
}

/** A worker that is about to end finishes its batch, or saves it as it hands it back. */
function isLeaving(process: SimulatedProcess, { fleet }: World): boolean {
  const instance = fleet.instances.find((one) => one.process === process);
  return instance === undefined || instance.stop.signal.aborted || instance.notices.length > 0;
}
