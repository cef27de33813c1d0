/**
 * Records the worker's events (R12): each at once as a JSON line on stdout, and soon in the bucket, where the report, the
 * cost and the logs come from: after a second in a small pool, and less often in a large one (write-pace.ts).
 *
 * Invariants:
 * - An object of events is written once, under the next free number of its folder. A failed write is repeated with the
 *   same number and the same bytes, so a lost reply duplicates no event. A restarted process continues after its
 *   predecessor's numbers.
 * - An event without which nobody could explain what happens next is written at once, because the instance may be gone
 *   a moment later; but two writes are never closer than a second.
 * - A summary of the events of each job follows them (summary-log.ts).
 * - Memory is bounded. Beyond the bound the model's log is dropped first, and an event says how much was dropped.
 */
import type { NewWorkerEvent, WorkerEvent, WorkerEventCode } from '../../core/contract/events.js';
import { instanceEventsKey, instanceEventsPrefix, jobEventsKey, jobEventsPrefix } from '../../core/contract/keys.js';
import { definedFields } from '../../core/defined-fields.js';
import { shorten } from '../../core/shorten.js';
import { SHORT_LIVED_TAG } from '../../core/contract/tags.js';
import { couldNot } from '../could-not.js';
import type { Clock, EventSink, ObjectStore } from '../ports.js';
import { SummaryLog } from './summary-log.js';
import { WritePace } from './write-pace.js';

const SHORTEST_PAUSE_MS = 1_000;
const AT_ONCE: ReadonlySet<WorkerEventCode> = new Set([
  'notice',
  'attempt',
  'batch-given-up',
  'losses-seen',
  'batch-isolated',
  'item-given-up',
  'unable',
  'outdated',
  'worker-ended',
]);
/**
 * These bounds matter while S3 cannot be written. A chatty model reaches them in seconds, the worker's own events in
 * days.
 */
const MAX_WAITING_EVENTS = 20_000;
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/** An event is a sentence. A longer line of a model's log is shortened. */
const MAX_MESSAGE_CHARACTERS = 8_192;
/** The same trouble is reported again only after this time. */
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

/** Where the events of one job go, or those of the instance when there is no job. */
interface Folder {
  readonly job: string | undefined;
  waiting: Waiting[];
  /** Undefined until the folder has been listed. */
  next: number | undefined;
  /** The text that is being written under `next`. */
  writing: string | undefined;
}

export class EventLog implements EventSink {
  readonly #folders = new Map<string | undefined, Folder>();
  readonly #troubleReportedMs = new Map<string, number>();
  #waitingEvents = 0;
  #waitingBytes = 0;
  #dropped = 0;
  #flushing: Promise<void> = Promise.resolve();
  #writtenMs: number;
  #isUrgent = false;
  #pause = new AbortController();
  readonly #pace: WritePace;
  readonly #summaries: SummaryLog;

  readonly #options: EventLogOptions;

  constructor(options: EventLogOptions) {
    this.#options = options;
    this.#writtenMs = options.clock.nowMs();
    this.#summaries = new SummaryLog(options);
    this.#pace = new WritePace({
      ...options,
      onTrouble: (error) => {
        const message = couldNot("read the fleet's state", error);
        this.emit({ code: 'trouble', doing: "reading the fleet's state", message });
      },
    });
  }

  emit(event: NewWorkerEvent): void {
    const nowMs = this.#options.clock.nowMs();
    if (event.code === 'trouble' && !this.#isNews(event.doing, nowMs)) return;
    const at = new Date(nowMs).toISOString();
    const message = shorten(event.message, MAX_MESSAGE_CHARACTERS);
    const full = { at, instance: this.#options.instance, ...event, message } as WorkerEvent;
    this.#summaries.add(full, AT_ONCE.has(event.code));
    const line = JSON.stringify(full);
    this.#options.writeLine(line);
    this.#folder(event.job).waiting.push({ line, modelLog: event.code === 'model-log' });
    this.#waitingEvents += 1;
    this.#waitingBytes += line.length;
    if (this.#waitingEvents > MAX_WAITING_EVENTS || this.#waitingBytes > MAX_WAITING_BYTES) this.#shed();
    if (!AT_ONCE.has(event.code) || this.#isUrgent) return;
    this.#isUrgent = true;
    this.#pause.abort();
  }

  /** Flushes in the pool's rhythm, and at once for urgent events, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#pause.abort(), { once: true });
    while (!signal.aborted) {
      await this.#untilDue(signal);
      if (signal.aborted) return;
      this.#isUrgent = false;
      this.#writtenMs = this.#options.clock.nowMs();
      await this.flush(signal);
    }
  }

  async #untilDue(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      const everyMs = this.#isUrgent ? SHORTEST_PAUSE_MS : this.#pace.everyMs(signal);
      const leftMs = this.#writtenMs + everyMs - clock.nowMs();
      if (leftMs <= 0) return;
      this.#pause = new AbortController();
      await clock.sleep(leftMs, this.#pause.signal).catch(() => undefined);
    }
  }

  /** Writes the waiting events, one flush at a time. Events that cannot be written keep waiting. */
  flush(signal: AbortSignal): Promise<void> {
    this.#flushing = this.#flushing.then(async () => {
      for (const folder of this.#folders.values()) {
        try {
          await this.#write(folder, signal);
        } catch (error) {
          if (signal.aborted) return;
          this.emit({ code: 'trouble', doing: 'writing events', message: couldNot('write events', error) });
        }
      }
      try {
        await this.#summaries.write(signal);
      } catch (error) {
        if (signal.aborted) return;
        const message = couldNot('write the summary of events', error, 'the record of the job may lack this worker');
        this.emit({ code: 'trouble', doing: 'writing summaries', message });
      }
    });
    return this.#flushing;
  }

  async #write(folder: Folder, signal: AbortSignal): Promise<void> {
    // One object per flush is enough: writing until nothing waits might never end, because a model may log faster.
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
    // Events of no job expire by the name of their folder.
    const tag = job === undefined ? undefined : SHORT_LIVED_TAG;
    await store.put(key, text, { signal, contentType: 'application/x-ndjson', ...definedFields({ tag }) });
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

  /** Drops waiting events: the model's log first and then, if that is not enough, all of them. */
  #shed(): void {
    const before = this.#waitingEvents;
    for (const folder of this.#folders.values()) this.#keep(folder, (event) => !event.modelLog);
    if (this.#waitingEvents > MAX_WAITING_EVENTS / 2 || this.#waitingBytes > MAX_WAITING_BYTES / 2) {
      for (const folder of this.#folders.values()) this.#keep(folder, () => false);
    }
    this.#dropped += before - this.#waitingEvents;
    const message = `Dropped ${this.#dropped} events so far, the model's log first, because they came faster than they can be stored.`;
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
