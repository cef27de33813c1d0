/**
 * The virtual clock: the one loop that runs everything in a simulation.
 *
 * Invariants:
 * - Time moves only between events, to the time of the earliest one. Events of the same time happen in the order in which they were asked for.
 * - Before the next event everything that the last one has caused is done: promises, then what `setImmediate` was asked for.
 * - An event of a dead process never happens. An event of a frozen process happens when the process goes on.
 */
import process from 'node:process';

/** The process whose event it is; events of the world itself have none. */
export interface Owner {
  readonly isDead: boolean;
  /** Nothing of the process happens before this time. */
  readonly frozenUntilMs: number;
}

export interface Timer {
  cancelled: boolean;
}

interface Entry extends Timer {
  atMs: number;
  /** Its owner was frozen at its time. */
  isLate: boolean;
  readonly order: number;
  readonly owner: Owner | undefined;
  readonly act: () => void;
}

const START_MS = Date.parse('2026-01-01T00:00:00Z');

export class VirtualClock {
  nowMs = START_MS;
  readonly startMs = START_MS;
  /** How many events have happened. */
  steps = 0;
  #order = 0;
  readonly #heap: Entry[] = [];
  readonly #immediates: (() => void)[] = [];

  /** Acts after `ms` of virtual time. */
  after(ms: number, owner: Owner | undefined, act: () => void): Timer {
    const entry: Entry = {
      atMs: this.nowMs + (ms > 0 ? ms : 0),
      order: this.#order++,
      owner,
      act,
      isLate: false,
      cancelled: false,
    };
    this.#push(entry);
    return entry;
  }

  /** Frozen processes go on, and are late with nothing: it happens now. */
  thaw(): void {
    for (const entry of this.#heap) if (entry.isLate && entry.atMs > this.nowMs) entry.atMs = this.nowMs;
    this.#heap.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, owner: Owner | undefined, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal === undefined) {
        this.after(ms, owner, resolve);
        return;
      }
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const abort = (): void => {
        timer.cancelled = true;
        reject(signal.reason as Error);
      };
      const timer = this.after(ms, owner, () => {
        signal.removeEventListener('abort', abort);
        resolve();
      });
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  /**
   * Runs events until the condition holds, or nothing is left to happen. It never yields to the real event loop: each event is a tick of
   * `process.nextTick`, which Node runs after all promises that are settled.
   */
  run(isOver: () => boolean): Promise<'over' | 'nothing-left'> {
    const real = globalThis.setImmediate;
    const virtual = (act: (...args: unknown[]) => void, ...args: unknown[]): unknown => {
      this.#immediates.push(() => act(...args));
      return undefined;
    };
    globalThis.setImmediate = virtual as unknown as typeof setImmediate;
    return new Promise<'over' | 'nothing-left'>((resolve, reject) => {
      const step = (): void => {
        try {
          const immediate = this.#immediates.shift();
          if (immediate !== undefined) immediate();
          else if (isOver()) return resolve('over');
          else if (!this.#happen()) return resolve('nothing-left');
        } catch (error) {
          return reject(error instanceof Error ? error : new Error(String(error)));
        }
        queueMicrotask(settle);
      };
      // Ticks run before promises, so the second one waits for promises that the first one's neighbours have settled.
      const settle = (): void => process.nextTick(step);
      process.nextTick(step);
    }).finally(() => {
      globalThis.setImmediate = real;
      this.#immediates.length = 0;
    });
  }

  /** Lets the earliest event happen. Returns false when there is none. */
  #happen(): boolean {
    for (;;) {
      const entry = this.#pop();
      if (entry === undefined) return false;
      const { owner } = entry;
      if (entry.cancelled || owner?.isDead === true) continue;
      if (entry.atMs > this.nowMs) this.nowMs = entry.atMs;
      if (owner !== undefined && owner.frozenUntilMs > this.nowMs) {
        entry.atMs = owner.frozenUntilMs;
        entry.isLate = true;
        this.#push(entry);
        continue;
      }
      this.steps += 1;
      entry.act();
      return true;
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Entry;
      if (isBefore(above, entry)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || last === top) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
      const below = heap[child] as Entry;
      if (isBefore(last, below)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

const isBefore = (a: Entry, b: Entry): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
