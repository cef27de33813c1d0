/** Writes `fleet/instances/<id>/status.json` when it changes, at most once a second, and once more at the end. */
import type { NoticeKind } from '../../core/contract/events.js';
import {
  encodeWorkerStatus,
  type GpuStatus,
  type HeldStatus,
  type ShapeStatus,
  type WorkerPhase,
  type WorkerStatus,
} from '../../core/contract/fleet-state.js';
import { instanceStatusKey } from '../../core/contract/keys.js';
import type { PreparationView } from '../model/preparation-log.js';
import { couldNot } from '../could-not.js';
import type { Clock, EventSink, InstanceIdentity, ObjectStore } from '../ports.js';

const WRITE_EVERY_MS = 1_000;

export interface StatusView extends PreparationView {
  readonly phase: WorkerPhase;
  readonly slots: number;
  readonly shape?: ShapeStatus;
  readonly gpus?: readonly GpuStatus[];
  readonly notice?: NoticeKind;
  readonly held?: readonly HeldStatus[];
}

export interface StatusWriterOptions {
  readonly identity: InstanceIdentity;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly view: () => StatusView;
}

export class StatusWriter {
  readonly #startedAt: string;
  #written = '';

  readonly #options: StatusWriterOptions;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    this.#startedAt = new Date(options.clock.nowMs()).toISOString();
  }

  /** Writes changes until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.write(signal);
      await this.#options.clock.sleep(WRITE_EVERY_MS, signal).catch(() => undefined);
    }
  }

  async write(signal: AbortSignal): Promise<void> {
    const { identity, store, clock, events, view } = this.#options;
    const seen = view();
    const mark = JSON.stringify(seen);
    if (mark === this.#written) return;
    const status: WorkerStatus = {
      instance: identity.instance,
      ...seen,
      instanceType: identity.instanceType,
      zone: identity.zone,
      startedAt: this.#startedAt,
      at: new Date(clock.nowMs()).toISOString(),
    };
    try {
      const key = instanceStatusKey(identity.instance);
      await store.put(key, encodeWorkerStatus(status), { signal, contentType: 'application/json' });
      this.#written = mark;
    } catch (error) {
      if (signal.aborted) return;
      events.emit({ code: 'trouble', doing: 'writing status', message: couldNot('write the status', error) });
    }
  }
}
