/** Keeps the last lines that a model printed. */

/** A traceback of ordinary length, with what was printed before it. */
const KEPT_LINES = 60;

export class LogTail {
  #lines: string[] = [];

  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > 2 * KEPT_LINES) this.#lines = this.#lines.slice(-KEPT_LINES);
  }

  get lines(): readonly string[] {
    return this.#lines.slice(-KEPT_LINES);
  }
}
