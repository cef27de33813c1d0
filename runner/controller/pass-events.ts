/** Collects the events of a pass. A trouble that lasts is reported once, and again only after it was over (R12). */
import { definedFields } from '../../core/defined-fields.js';
import type { ControllerMemory } from './memory.js';
import type { ControllerEvent, ControllerEventCode } from './report.js';

export class PassEvents {
  readonly #events: ControllerEvent[] = [];

  readonly #at: string;
  readonly #reported: ControllerMemory['reportedTroubles'];

  constructor(at: string, reported: ControllerMemory['reportedTroubles']) {
    this.#at = at;
    this.#reported = reported;
  }

  add(code: ControllerEventCode, message: string, job?: string): void {
    this.#events.push({ at: this.#at, code, message, ...definedFields({ job }) });
  }

  /** Reports the trouble when `message` is a sentence, and its end when it is undefined. */
  trouble(code: ControllerEventCode, message: string | undefined): void {
    if (message === undefined) {
      this.#reported.delete(code);
      return;
    }
    if (!this.#reported.has(code)) this.add(code, message);
    this.#reported.add(code);
  }

  all(): readonly ControllerEvent[] {
    return this.#events;
  }
}
