/**
 * Shows that the worker's loop turns: in the file at which the machine looks (core/contract/alive-file.ts), and in the status, whose time in the bucket
 * tells controllers when this worker was last heard of. Only the loop itself calls `turned`; a timer of its own would go on while the loop hangs.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { ALIVE_EVERY_MS, aliveText } from '../../core/contract/alive-file.js';
import type { Clock } from '../ports.js';

export interface AliveFileOptions {
  /** Absent where nobody looks at it. */
  readonly path: string | undefined;
  readonly pid: number;
  readonly clock: Clock;
  readonly onTrouble: (error: unknown) => void;
}

export class AliveFile {
  #writtenAtMs = -Infinity;
  #turns = 0;

  readonly #options: AliveFileOptions;

  constructor(options: AliveFileOptions) {
    this.#options = options;
  }

  /** The loop may turn thousands of times a second. */
  turned(): void {
    const { path, pid, clock, onTrouble } = this.#options;
    const nowMs = clock.nowMs();
    if (path === undefined || Math.abs(nowMs - this.#writtenAtMs) < ALIVE_EVERY_MS) return;
    this.#writtenAtMs = nowMs;
    this.#turns += 1;
    try {
      // A few bytes, each ten seconds: waiting for them is simpler than another thing that could hang.
      writeFileSync(path, aliveText(pid, this.#turns));
    } catch (error) {
      onTrouble(error);
    }
  }

  remove(): void {
    const { path } = this.#options;
    if (path !== undefined) rmSync(path, { force: true });
  }
}
