/**
 * Reads the events that workers have written since the last call: those of a job and those of the instances that worked for it, merged by time.
 *
 * Invariants: each file is read once. A worker writes its files in order, so no new file comes before the last one that was read. One file per
 * instance is in memory at a time, however long the log is.
 */
import type { WorkerEvent } from '../../../core/contract/events.js';
import { instanceEventsPrefix, jobEventsPrefix } from '../../../core/contract/keys.js';
import { mapBounded } from '../../../core/map-bounded.js';
import { isInstanceId } from '../../../core/contract/names.js';
import type { ObjectStore } from '../../ports.js';
import { readEventsFile } from '../../status/worker-events.js';

const FIRST_FILES_AT_ONCE = 16;

export class EventLog {
  readonly #lastKeys = new Map<string, string>();

  readonly #store: ObjectStore;
  readonly #job: string;
  /** When it is given, only the events of this instance are read. */
  readonly #worker: string | undefined;

  constructor(store: ObjectStore, job: string, worker?: string) {
    this.#store = store;
    this.#job = job;
    this.#worker = worker;
  }

  /** `instances` are known to work for the job. Their own events (boot, notices, end) are read before they have written any for the job. */
  async *newEvents(instances: Iterable<string>, signal: AbortSignal): AsyncGenerator<WorkerEvent> {
    const { folders } = await this.#store.listFolder(jobEventsPrefix(this.#job), { signal });
    const working = folders.map((folder) => folder.slice(jobEventsPrefix(this.#job).length, -1));
    const wanted = [...new Set([...working, ...instances])].filter(
      (instance) => isInstanceId(instance) && (this.#worker === undefined || instance === this.#worker),
    );
    const prefixes = wanted.flatMap((instance) => [
      `${jobEventsPrefix(this.#job)}${instance}/`,
      instanceEventsPrefix(instance),
    ]);
    yield* mergeByTime(prefixes.map((prefix) => this.#newOf(prefix, signal)));
  }

  async *#newOf(prefix: string, signal: AbortSignal): AsyncGenerator<WorkerEvent> {
    const startAfter = this.#lastKeys.get(prefix);
    for await (const { key } of this.#store.list(prefix, { signal, ...(startAfter ? { startAfter } : {}) })) {
      const events = await readEventsFile(this.#store, key, signal);
      this.#lastKeys.set(prefix, key);
      yield* events;
    }
  }
}

/** Merges sources that are each in order of time. */
async function* mergeByTime(sources: readonly AsyncGenerator<WorkerEvent>[]): AsyncGenerator<WorkerEvent> {
  const heads = await mapBounded(sources, FIRST_FILES_AT_ONCE, async (source) => ({
    source,
    head: await source.next(),
  }));
  for (;;) {
    let first: (typeof heads)[number] | undefined;
    for (const one of heads) {
      if (one.head.done) continue;
      if (first === undefined || first.head.done || one.head.value.at < first.head.value.at) first = one;
    }
    if (first === undefined || first.head.done) return;
    yield first.head.value;
    first.head = await first.source.next();
  }
}
