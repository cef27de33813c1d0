/**
 * Batches that ask for a newer worker than this one. Such a batch goes back at once, and the worker ends: the instance that takes its place fetches
 * what the pointer names by then.
 *
 * Invariant: nothing spins. Where another instance would fare the same (the pointer names this very worker, or none that is new enough, or instances do not
 * boot by it), this one leaves a mark, as for a model that it cannot use, and after three of them the job fails with what to do (R10).
 */
import { type MessageNeeds, messageNeeds } from '../../core/contract/batch-message.js';
import type { UnableMark } from '../../core/contract/job.js';
import { unableKey, workerPointerKey } from '../../core/contract/keys.js';
import { compareVersions } from '../../core/contract/version.js';
import { decodeWorkerPointer } from '../../core/contract/worker-pointer.js';
import type { Lease, LeaseKeeper } from '../lease/lease-keeper.js';
import type { Clock, EventSink, ObjectStore } from '../ports.js';

export interface OutdatedOptions {
  readonly instance: string;
  /** Of this worker. */
  readonly version: string;
  /** SHA-256 of the published bundle that it is of; undefined when it was there before the instance. */
  readonly bundle?: string;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly leases: LeaseKeeper;
  readonly signal: AbortSignal;
  /** Nothing is under way any more. */
  readonly onSettled: () => void;
}

export class Outdated {
  /** Jobs of which it has been told; few, because the worker ends after the first. */
  readonly #told = new Set<string>();
  #underWay = 0;

  readonly #options: OutdatedOptions;

  constructor(options: OutdatedOptions) {
    this.#options = options;
  }

  /** The worker waits for it before it ends. */
  get busy(): boolean {
    return this.#underWay > 0;
  }

  /** What the batch of a message asks for, if this worker is too old for it. */
  tooNew(body: string): MessageNeeds | undefined {
    const needs = messageNeeds(body);
    return needs !== undefined && compareVersions(this.#options.version, needs.worker) < 0 ? needs : undefined;
  }

  async handBack(lease: Lease, needs: MessageNeeds): Promise<void> {
    this.#underWay += 1;
    try {
      await this.#giveBack(lease, needs);
    } finally {
      this.#underWay -= 1;
      this.#options.onSettled();
    }
  }

  async #giveBack(lease: Lease, { worker, job, batch }: MessageNeeds): Promise<void> {
    const { events, leases, signal, version } = this.#options;
    leases.hold(lease);
    if ((await leases.handBack(lease, 0, signal)) === 'lost') return;
    const message = `Batch ${batch} was handed back: it asks for the worker ${worker} or newer, and this one is ${version}.`;
    events.emit({ code: 'batch-handed-back', reason: 'outdated', savedItems: 0, job, batch, lease: lease.id, message });
    if (this.#told.has(job)) return;
    this.#told.add(job);
    await this.#tell(job, worker);
  }

  async #tell(job: string, needs: string): Promise<void> {
    const { clock, events, instance, signal, store, version } = this.#options;
    const text = `The job ${job} asks for the worker ${needs} or newer, and this one is ${version}`;
    const prospect = await this.#prospect(needs);
    const message = `${text}${prospect.says}`;
    if (!prospect.mends) {
      const mark: UnableMark = { instance, phase: 'version', message, at: new Date(clock.nowMs()).toISOString() };
      await store.put(unableKey(job, instance), JSON.stringify(mark), { signal, contentType: 'application/json' });
    }
    events.emit({ code: 'outdated', version, needs, job, message });
  }

  /** Whether the instance that takes this one's place will do. */
  async #prospect(needs: string): Promise<{ readonly mends: boolean; readonly says: string }> {
    const { bundle, signal, store } = this.#options;
    if (bundle === undefined) {
      const says = `, as on all instances of this stack, which do not fetch it: start the local cloud again with spotpool ${needs} or newer.`;
      return { mends: false, says };
    }
    const stored = await store.get(workerPointerKey, { signal });
    const pointer = stored && decodeWorkerPointer(Buffer.from(stored.body).toString());
    if (pointer !== undefined && pointer.sha256 !== bundle && compareVersions(pointer.version, needs) >= 0) {
      return {
        mends: true,
        says: `: it ends, and its instance is replaced by one with the worker ${pointer.version}.`,
      };
    }
    const published = pointer === undefined ? 'none is' : `only ${pointer.version} is`;
    const says = `; ${published} published (${workerPointerKey}). Submit the job again with spotpool ${needs} or newer, which publishes its worker.`;
    return { mends: false, says };
  }
}
