/** Keeps the last lines that a model printed, and tells which came since the last failure. */

/** A traceback of ordinary length, with what was printed before it. */
const KEPT_LINES = 60;

export class LogTail {
  #lines: string[] = [];
  #new: string[] = [];

  add(line: string): void {
    this.#lines = [...this.#lines.slice(1 - KEPT_LINES), line];
    this.#new = [...this.#new.slice(1 - KEPT_LINES), line];
  }

  /** Returns the lines since the last call. */
  takeNew(): readonly string[] {
    const lines = this.#new;
    this.#new = [];
    return lines;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }
}
