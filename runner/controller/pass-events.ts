/** Collects what a pass has to tell. A trouble that lasts is told once, and again only after it was over (R12, and no flood). */
import { definedFields } from '../../core/defined-fields.js';
import type { ControllerMemory } from './ports.js';
import type { ControllerEvent, ControllerEventCode } from './report.js';

export class PassEvents {
  readonly #events: ControllerEvent[] = [];

  readonly #at: string;
  readonly #told: ControllerMemory['told'];

  constructor(at: string, told: ControllerMemory['told']) {
    this.#at = at;
    this.#told = told;
  }

  add(code: ControllerEventCode, message: string, job?: string): void {
    this.#events.push({ at: this.#at, code, message, ...definedFields({ job }) });
  }

  trouble(code: ControllerEventCode, is: boolean, message: () => string): void {
    if (is && !this.#told.has(code)) this.add(code, message());
    if (is) this.#told.add(code);
    else this.#told.delete(code);
  }

  all(): readonly ControllerEvent[] {
    return this.#events;
  }
}
