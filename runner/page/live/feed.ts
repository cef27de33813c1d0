/**
 * One page's stream of data: what it shows is read again every few seconds while somebody looks, and sent to all who look.
 *
 * Invariants:
 * - Nothing is read while nobody looks, and at most once in `READ_EVERY_MS`, however many look. Slow looks are rarer.
 * - A reader that does not take its data gets the newest when it does: at most one message waits for it.
 */
import { printable } from '../../../core/printable.js';
import { messageOf } from '../../errors.js';
import type { Clock } from '../../ports.js';
import { LIVE_EVENTS, type PageData } from '../page-data.js';

/** People see a job go on at this pace. */
const READ_EVERY_MS = 5_000;
/** A record of a large job takes hundreds of requests. So most of the time nothing is read, however long a look takes. */
const PAUSE_PER_READ = 4;

/** A browser that looks. Node's server responses are of this form. */
export interface Viewer {
  write(text: string): boolean;
  end(): void;
  once(event: 'drain' | 'close', listener: () => void): unknown;
}

interface Standing {
  /** True while the last message has not been taken. */
  busy: boolean;
  /** The newest message that the viewer has not got. */
  waiting?: string;
}

export class Feed {
  readonly #read: (signal: AbortSignal) => Promise<PageData>;
  readonly #clock: Clock;
  readonly #viewers = new Map<Viewer, Standing>();
  readonly #closed = new AbortController();
  #farewell: string | undefined;
  #looking: Promise<void> | undefined;
  #latest: PageData | undefined;

  constructor(read: (signal: AbortSignal) => Promise<PageData>, clock: Clock) {
    this.#read = read;
    this.#clock = clock;
  }

  /** The data that was read last; undefined before the first look. */
  get latest(): PageData | undefined {
    return this.#latest;
  }

  get hasViewers(): boolean {
    return this.#viewers.size > 0;
  }

  add(viewer: Viewer): void {
    if (this.#farewell !== undefined) {
      viewer.write(this.#farewell);
      viewer.end();
      return;
    }
    this.#viewers.set(viewer, { busy: false });
    viewer.once('close', () => this.#viewers.delete(viewer));
    if (this.#latest !== undefined) this.#send(viewer, message(LIVE_EVENTS.data, this.#latest));
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
  }

  /** Reads once more, so that viewers keep the last state, and says to them why nothing more comes. */
  async close(why: string): Promise<void> {
    this.#closed.abort();
    await this.#looking;
    if (this.#viewers.size > 0) await this.#readOnce(AbortSignal.timeout(READ_EVERY_MS));
    this.#farewell = farewell(why);
    for (const viewer of this.#viewers.keys()) {
      viewer.write(this.#farewell);
      viewer.end();
    }
  }

  async #look(): Promise<void> {
    const { signal } = this.#closed;
    while (this.#viewers.size > 0 && !signal.aborted) {
      const beganMs = this.#clock.nowMs();
      await this.#readOnce(signal);
      const pauseMs = PAUSE_PER_READ * (this.#clock.nowMs() - beganMs);
      await this.#clock.sleep(Math.max(READ_EVERY_MS, pauseMs), signal).catch(() => undefined);
    }
  }

  async #readOnce(signal: AbortSignal): Promise<void> {
    try {
      this.#latest = await this.#read(signal);
      this.#broadcast(message(LIVE_EVENTS.data, this.#latest));
    } catch (error) {
      if (signal.aborted) return;
      this.#broadcast(line(LIVE_EVENTS.trouble, printable(`The last look failed: ${messageOf(error)}`)));
    }
  }

  #broadcast(text: string): void {
    for (const viewer of this.#viewers.keys()) this.#send(viewer, text);
  }

  #send(viewer: Viewer, text: string): void {
    const standing = this.#viewers.get(viewer);
    if (standing === undefined) return;
    if (standing.busy) {
      standing.waiting = text;
      return;
    }
    if (viewer.write(text)) return;
    standing.busy = true;
    viewer.once('drain', () => {
      const { waiting } = standing;
      standing.busy = false;
      delete standing.waiting;
      if (waiting !== undefined) this.#send(viewer, waiting);
    });
  }
}

/** JSON has no line break, which would end the field. */
const message = (event: string, data: PageData): string => line(event, JSON.stringify(data));
/** The last message of a stream: the sentence says why nothing more comes. */
export const farewell = (why: string): string => line(LIVE_EVENTS.over, printable(why));
const line = (event: string, data: string): string => `event: ${event}\ndata: ${data}\n\n`;
