/**
 * Reads the events that workers have written since the last call: those of a job and those of the instances that worked for it, merged by time.
 *
 * Invariants:
 * - Each file is read once. A worker writes its files in order, so no new file comes before the last one that was read.
 * - At most `READS_AT_ONCE` requests are under way at a time, of all folders together. The files of a folder are yielded in order.
 * - A few files per instance are in memory at a time, however long the log is.
 * - A folder that cannot be read holds up no other: the call yields what it can read, and throws the error at its end. The next call continues
 *   the folder after its last file that was yielded.
 */
import type { WorkerEvent } from '../../core/contract/events.js';
import { instanceEventsPrefix, jobEventsPrefix } from '../../core/contract/keys.js';
import { Lanes } from '../../core/lanes.js';
import { isInstanceId } from '../../core/contract/names.js';
import type { ListedObject, ObjectStore } from '../ports.js';
import { readEventsFile } from '../status/worker-events.js';

const READS_AT_ONCE = 16;
/** Each folder is read so many files ahead at least. The two folders of a single instance fill the lanes; many folders must not fill the memory. */
const FEWEST_AHEAD = 4;

type Events = Promise<readonly WorkerEvent[]>;

export class EventLog {
  readonly #lastKeys = new Map<string, string>();
  readonly #lanes = new Lanes(READS_AT_ONCE);

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
    const ahead = Math.max(FEWEST_AHEAD, Math.ceil((2 * READS_AT_ONCE) / Math.max(1, prefixes.length)));
    const errors: unknown[] = [];
    yield* mergeByTime(prefixes.map((prefix) => this.#readable(prefix, ahead, errors, signal)));
    signal.throwIfAborted();
    if (errors.length > 0) throw errors[0];
  }

  /** Yields the folder's new events up to the first file that cannot be read. */
  async *#readable(prefix: string, ahead: number, errors: unknown[], signal: AbortSignal): AsyncGenerator<WorkerEvent> {
    try {
      yield* this.#newOf(prefix, ahead, signal);
    } catch (error) {
      errors.push(error);
    }
  }

  async *#newOf(prefix: string, ahead: number, signal: AbortSignal): AsyncGenerator<WorkerEvent> {
    const startAfter = this.#lastKeys.get(prefix);
    const reading: { readonly key: string; readonly events: Events }[] = [];
    for await (const { key } of this.#list(prefix, startAfter, signal)) {
      const events = this.#lanes.run(() => readEventsFile(this.#store, key, signal));
      events.catch(() => undefined); // thrown where it is awaited
      reading.push({ key, events });
      const first = reading.length < ahead ? undefined : reading.shift();
      if (first !== undefined) yield* this.#eventsOf(prefix, first);
    }
    for (const file of reading) yield* this.#eventsOf(prefix, file);
  }

  async *#eventsOf(
    prefix: string,
    file: { readonly key: string; readonly events: Events },
  ): AsyncGenerator<WorkerEvent> {
    const events = await file.events;
    this.#lastKeys.set(prefix, file.key);
    yield* events;
  }

  /** A page of a listing is a request like the others. */
  async *#list(prefix: string, startAfter: string | undefined, signal: AbortSignal): AsyncGenerator<ListedObject> {
    const listing = this.#store.list(prefix, { signal, ...(startAfter === undefined ? {} : { startAfter }) });
    const objects = listing[Symbol.asyncIterator]();
    for (;;) {
      const next = await this.#lanes.run(() => objects.next());
      if (next.done) return;
      yield next.value;
    }
  }
}

/** Merges sources that are each in order of time. */
async function* mergeByTime(sources: readonly AsyncGenerator<WorkerEvent>[]): AsyncGenerator<WorkerEvent> {
  const heads = await Promise.all(sources.map(async (source) => ({ source, head: await source.next() })));
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
