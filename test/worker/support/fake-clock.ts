/** A clock that a test controls: time passes only when the test says so. */
import type { Clock } from '../../../worker/ports.js';

interface Sleeper {
  atMs: number;
  readonly order: number;
  readonly wake: () => void;
}

export class FakeClock implements Clock {
  #time = Date.parse('2026-01-01T00:00:00Z');
  #order = 0;
  #sleepers: Sleeper[] = [];

  nowMs(): number {
    return this.#time;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const abort = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason as Error);
      };
      const wake = (): void => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      const sleeper: Sleeper = { atMs: this.#time + ms, order: this.#order++, wake };
      signal.addEventListener('abort', abort, { once: true });
      this.#sleepers.push(sleeper);
    });
  }

  /** Wakes sleepers in order of time, letting everything settle after each. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#time + ms;
    await settle();
    for (;;) {
      const [next] = this.#sleepers
        .filter((s) => s.atMs <= untilMs)
        .sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      if (next === undefined) break;
      this.#time = Math.max(this.#time, next.atMs);
      this.#sleepers = this.#sleepers.filter((other) => other !== next);
      next.wake();
      await settle();
    }
    this.#time = untilMs;
  }

  /** Sets the clock back, as a correction of the time does. Sleepers wake after the same time as before. */
  setBack(ms: number): void {
    this.#time -= ms;
    for (const sleeper of this.#sleepers) sleeper.atMs -= ms;
  }

  /** Jumps ahead as after a sleep of the machine: hours pass, and every sleeper wakes once. */
  async jump(ms: number): Promise<void> {
    this.#time += ms;
    await this.advance(0);
  }
}

/** Lets promises, and the few file operations that workers do, come to rest. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
