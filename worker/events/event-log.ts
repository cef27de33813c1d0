/**
 * The worker's events (R12): each at once as a JSON line on stdout, and about every second to the bucket, where the report, the cost and
 * the logs come from.
 *
 * Invariants:
 * - An object of events is written once, under the next free number of its folder; a write that failed is put again with the same
 *   number and the same bytes, so a lost reply makes no event twice. A process that starts anew goes on behind its forerunner's numbers.
 * - Memory is bounded: past the bound the model's log goes first, and how much went is told in an event.
 */
import { errorText } from '../../core/error-text.js';
import type { NewWorkerEvent, WorkerEvent } from '../../core/contract/events.js';
import { instanceEventsKey, instanceEventsPrefix, jobEventsKey, jobEventsPrefix } from '../../core/contract/keys.js';
import { shorten } from '../../core/shorten.js';
import { SHORT_LIVED_TAG } from '../../core/contract/tags.js';
import type { Clock, EventSink, ObjectStore } from '../ports.js';

const FLUSH_EVERY_MS = 1_000;
/** While S3 cannot be written; a chatty model fills it in seconds, the worker's own events in days. */
const MAX_WAITING_EVENTS = 20_000;
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/** An event is a sentence: what a model logs beyond this is shortened. */
const MAX_MESSAGE_CHARACTERS = 8_192;
/** The same trouble is told again after this long only. */
const TROUBLE_EVERY_MS = 10_000;

export interface EventLogOptions {
  readonly instance: string;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly writeLine: (line: string) => void;
}

interface Waiting {
  readonly line: string;
  readonly modelLog: boolean;
}

/** Where the events of one job go, or (no job) those of the instance. */
interface Folder {
  readonly job: string | undefined;
  waiting: Waiting[];
  /** Undefined until the folder has been looked at. */
  next: number | undefined;
  /** Being written under `next`. */
  writing: string | undefined;
}

export class EventLog implements EventSink {
  readonly #folders = new Map<string | undefined, Folder>();
  readonly #troubleReportedMs = new Map<string, number>();
  #waitingEvents = 0;
  #waitingBytes = 0;
  #leftOut = 0;
  #flushing: Promise<void> = Promise.resolve();

  readonly #options: EventLogOptions;

  constructor(options: EventLogOptions) {
    this.#options = options;
  }

  emit(event: NewWorkerEvent): void {
    const nowMs = this.#options.clock.nowMs();
    if (event.code === 'trouble' && !this.#isNews(event.doing, nowMs)) return;
    const at = new Date(nowMs).toISOString();
    const message = shorten(event.message, MAX_MESSAGE_CHARACTERS);
    const full = { at, instance: this.#options.instance, ...event, message } as WorkerEvent;
    const line = JSON.stringify(full);
    this.#options.writeLine(line);
    this.#folder(event.job).waiting.push({ line, modelLog: event.code === 'model-log' });
    this.#waitingEvents += 1;
    this.#waitingBytes += line.length;
    if (this.#waitingEvents > MAX_WAITING_EVENTS || this.#waitingBytes > MAX_WAITING_BYTES) this.#shed();
  }

  /** Flushes until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.clock.sleep(FLUSH_EVERY_MS, signal).catch(() => undefined);
      if (!signal.aborted) await this.flush(signal);
    }
  }

  /** Writes what waits; what cannot be written waits on. One at a time. */
  flush(signal: AbortSignal): Promise<void> {
    this.#flushing = this.#flushing.then(async () => {
      for (const folder of this.#folders.values()) {
        try {
          await this.#write(folder, signal);
        } catch (error) {
          if (signal.aborted) return;
          const why = errorText(error);
          this.emit({ code: 'trouble', doing: 'writing events', message: `Events could not be written yet: ${why}` });
        }
      }
    });
    return this.#flushing;
  }

  async #write(folder: Folder, signal: AbortSignal): Promise<void> {
    // Not until nothing waits: a model may log faster than that.
    if (folder.writing !== undefined) await this.#writeObject(folder, folder.writing, signal);
    if (folder.waiting.length === 0) return;
    folder.writing = this.#takeAll(folder);
    await this.#writeObject(folder, folder.writing, signal);
  }

  async #writeObject(folder: Folder, text: string, signal: AbortSignal): Promise<void> {
    const { instance, store } = this.#options;
    const { job } = folder;
    folder.next ??= await this.#firstFree(job, signal);
    const key = job === undefined ? instanceEventsKey(instance, folder.next) : jobEventsKey(job, instance, folder.next);
    // What is of no job expires by its folder's name.
    const tag = job === undefined ? {} : { tag: SHORT_LIVED_TAG };
    await store.put(key, text, { signal, contentType: 'application/x-ndjson', ...tag });
    folder.next += 1;
    folder.writing = undefined;
  }

  #takeAll(folder: Folder): string {
    const text = folder.waiting.map((event) => `${event.line}\n`).join('');
    this.#forget(folder.waiting);
    folder.waiting = [];
    return text;
  }

  async #firstFree(job: string | undefined, signal: AbortSignal): Promise<number> {
    const { instance, store } = this.#options;
    const prefix = job === undefined ? instanceEventsPrefix(instance) : `${jobEventsPrefix(job)}${instance}/`;
    let next = 0;
    for await (const { key } of store.list(prefix, { signal })) {
      next = Math.max(next, Number(/(\d+)\.jsonl$/.exec(key)?.[1] ?? -1) + 1);
    }
    return next;
  }

  #folder(job: string | undefined): Folder {
    const known = this.#folders.get(job);
    if (known !== undefined) return known;
    const folder: Folder = { job, waiting: [], next: undefined, writing: undefined };
    this.#folders.set(job, folder);
    return folder;
  }

  #isNews(doing: string, nowMs: number): boolean {
    const reportedMs = this.#troubleReportedMs.get(doing);
    if (reportedMs !== undefined && nowMs - reportedMs < TROUBLE_EVERY_MS) return false;
    this.#troubleReportedMs.set(doing, nowMs);
    return true;
  }

  /** The model's log goes first; then, if that is not enough, everything that waits. */
  #shed(): void {
    const before = this.#waitingEvents;
    for (const folder of this.#folders.values()) this.#keep(folder, (event) => !event.modelLog);
    if (this.#waitingEvents > MAX_WAITING_EVENTS / 2 || this.#waitingBytes > MAX_WAITING_BYTES / 2) {
      for (const folder of this.#folders.values()) this.#keep(folder, () => false);
    }
    this.#leftOut += before - this.#waitingEvents;
    const message = `${this.#leftOut} events so far, the model's log first, were left out: they came faster than they can be stored.`;
    this.emit({ code: 'trouble', doing: 'keeping events', message });
  }

  #keep(folder: Folder, isKept: (event: Waiting) => boolean): void {
    this.#forget(folder.waiting.filter((event) => !isKept(event)));
    folder.waiting = folder.waiting.filter(isKept);
  }

  #forget(events: readonly Waiting[]): void {
    this.#waitingEvents -= events.length;
    for (const event of events) this.#waitingBytes -= event.line.length;
  }
}
