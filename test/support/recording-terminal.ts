/**
 * A terminal that records the output. It escapes control characters as the real one does. `rows` shows the screen as a terminal of its
 * size would, after all cursor movements.
 */
import picocolors from 'picocolors';
import { harmless } from '../../core/printable.js';
import type { Terminal } from '../../runner/display/terminal.js';

export class RecordingTerminal implements Terminal {
  stdout = '';
  stderr = '';
  readonly colors;
  readonly #listeners = new Set<() => void>();

  #dimensions: { columns: number; rows: number };
  readonly #colored: boolean;

  constructor(
    dimensions = { columns: 80, rows: 24 },
    readonly interactive = false,
    colored = false,
  ) {
    this.#dimensions = dimensions;
    this.#colored = colored;
    this.colors = picocolors.createColors(colored);
  }

  out(text: string): void {
    this.stdout += harmless(text, { colours: this.#colored });
  }

  err(text: string): void {
    this.stderr += harmless(text, { colours: false });
  }

  control(text: string): void {
    this.stdout += text;
  }

  size(): { columns: number; rows: number } {
    return this.#dimensions;
  }

  onResize(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  resize(columns: number, rows: number): void {
    this.#dimensions = { columns, rows };
    for (const listener of this.#listeners) listener();
  }

  /** The visible rows, without trailing blanks and blank last rows. It understands the escape sequences that `Screen` uses. */
  visible(): readonly string[] {
    const lines: string[] = [''];
    let row = 0;
    let column = 0;
    for (const token of this.stdout.match(/\x1b\[\??[0-9;]*[A-Za-z]|[\s\S]/gu) ?? []) {
      if (token === '\n') {
        row += 1;
        column = 0;
        lines[row] ??= '';
      } else if (token === '\r') column = 0;
      else if (/^\x1b\[\d+A$/.test(token)) row = Math.max(0, row - Number(token.slice(2, -1)));
      else if (token === '\x1b[K') lines[row] = (lines[row] ?? '').slice(0, column);
      else if (token === '\x1b[J') {
        lines[row] = (lines[row] ?? '').slice(0, column);
        lines.length = row + 1;
      } else if (!token.startsWith('\x1b[')) {
        const line = (lines[row] ?? '').padEnd(column);
        lines[row] = line.slice(0, column) + token + line.slice(column + token.length);
        column += token.length;
      }
    }
    while (lines.at(-1)?.trim() === '') lines.pop();
    return lines.map((line) => line.trimEnd());
  }
}
