/**
 * Handles batches that ask for a newer worker than this one. Such a batch is handed back at once, and the worker ends.
 * The instance that replaces it fetches the worker that the pointer names by then.
 *
 * Invariant: Nothing spins. If the replacement would fare no better, this worker leaves a mark, as it does for a model
 * that it cannot use. That is so when the pointer names this very worker or none that is new enough, or when instances
 * do not boot from the pointer. After three marks the job fails and says what to do (R10).
 */
import { type MessageNeeds, messageNeeds } from '../../core/contract/batch-message.js';
import { encodeUnableMark, type UnableMark } from '../../core/contract/job.js';
import { unableKey, workerPointerKey } from '../../core/contract/keys.js';
import { compareVersions } from '../../core/contract/version.js';
import { decodeWorkerPointer } from '../../core/contract/worker-pointer.js';
import type { Lease, LeaseKeeper } from '../lease/lease-keeper.js';
import type { Clock, EventSink, ObjectStore } from '../ports.js';

export interface VersionCheckOptions {
  readonly instance: string;
  readonly version: string;
  /**
   * SHA-256 of the published bundle that the worker was started from; undefined when the worker was installed before
   * the instance started.
   */
  readonly bundle?: string;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly leases: LeaseKeeper;
  readonly signal: AbortSignal;
  /** It is called when no hand-back is under way any more. */
  readonly onSettled: () => void;
}

export class VersionCheck {
  /** The jobs that were reported already. They are few, because the worker ends after the first. */
  readonly #reported = new Set<string>();
  #underWay = 0;

  readonly #options: VersionCheckOptions;

  constructor(options: VersionCheckOptions) {
    this.#options = options;
  }

  /** A hand-back is under way; the worker waits for it before it ends. */
  get busy(): boolean {
    return this.#underWay > 0;
  }

  /** Returns the needs of a message's batch if this worker is too old for it. */
  newerNeeds(body: string): MessageNeeds | undefined {
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
    const message = `Batch ${batch} was handed back: it needs worker ${worker} or newer, and this worker is ${version}.`;
    events.emit({ code: 'batch-handed-back', reason: 'outdated', savedItems: 0, job, batch, lease: lease.id, message });
    if (this.#reported.has(job)) return;
    this.#reported.add(job);
    await this.#report(job, worker);
  }

  async #report(job: string, needs: string): Promise<void> {
    const { clock, events, instance, signal, store, version } = this.#options;
    const text = `Job ${job} needs worker ${needs} or newer, and this worker is ${version}`;
    const replacement = await this.#replacement(needs);
    const message = `${text}${replacement.text}`;
    if (!replacement.isNewEnough) {
      const mark: UnableMark = { instance, phase: 'version', message, at: new Date(clock.nowMs()).toISOString() };
      await store.put(unableKey(job, instance), encodeUnableMark(mark), { signal, contentType: 'application/json' });
    }
    events.emit({ code: 'outdated', version, needs, job, message });
  }

  /** Whether the replacement instance will have a worker that is new enough. */
  async #replacement(needs: string): Promise<{ readonly isNewEnough: boolean; readonly text: string }> {
    const { bundle, signal, store } = this.#options;
    if (bundle === undefined) {
      const text = `. Instances of this stack do not fetch a worker; restart the local cloud with spotpool ${needs} or newer.`;
      return { isNewEnough: false, text };
    }
    const stored = await store.get(workerPointerKey, { signal });
    const pointer = stored && decodeWorkerPointer(Buffer.from(stored.body).toString());
    if (pointer !== undefined && pointer.sha256 !== bundle && compareVersions(pointer.version, needs) >= 0) {
      return {
        isNewEnough: true,
        text: `. The worker ends, and an instance with worker ${pointer.version} replaces this one.`,
      };
    }
    const published = pointer === undefined ? 'No worker is' : `Only worker ${pointer.version} is`;
    const text = `. ${published} published (${workerPointerKey}). Submit the job again with spotpool ${needs} or newer, which publishes its worker.`;
    return { isNewEnough: false, text };
  }
}
