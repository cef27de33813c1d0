/**
 * A block of lines at the bottom of a terminal that is redrawn in place.
 *
 * Invariants:
 * - Lines above the block are never changed. The block never exceeds the screen, because lines that scrolled off cannot be redrawn.
 * - A redraw is one write over the old lines. Nothing is cleared first, so the block does not flicker.
 * - A line takes one row and cannot move the cursor: control characters in other people's text are escaped.
 * - The cursor is hidden exactly while a block is shown.
 */
import { harmless } from '../../core/printable.js';
import { fit, width } from './format.js';
import type { Terminal } from './terminal.js';

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const ERASE_TO_LINE_END = '\x1b[K';
const ERASE_BELOW = '\x1b[J';
const cursorUp = (rows: number): string => (rows > 0 ? `\x1b[${rows}A\r` : '\r');

export class Screen {
  #shown: readonly string[] = [];
  #hidden = false;
  readonly #onExit = (): void => this.#restore();

  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  draw(lines: readonly string[]): void {
    const { columns, rows } = this.#terminal.size();
    // One column and one row stay free, because a full last line would wrap or scroll.
    const fitted = lines.slice(0, Math.max(1, rows - 1)).map((line) => fit(shown(line), Math.max(1, columns - 1)));
    const before = cursorUp(this.#rowsTaken(columns));
    const body = fitted.map((line) => `${line}${ERASE_TO_LINE_END}\n`).join('');
    this.#terminal.control(`${this.#hide()}${before}${body}${ERASE_BELOW}`);
    this.#shown = fitted;
  }

  /** Ends redrawing: the block stays on the screen as ordinary output. */
  release(): void {
    this.#shown = [];
    this.#restore();
  }

  /** The rows that the shown block takes now. A terminal that became narrower has wrapped its lines. */
  #rowsTaken(columns: number): number {
    return this.#shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(width(line) / columns)), 0);
  }

  #hide(): string {
    if (this.#hidden) return '';
    this.#hidden = true;
    // The user gets the cursor back, however the process ends.
    process.once('exit', this.#onExit);
    return HIDE_CURSOR;
  }

  #restore(): void {
    if (!this.#hidden) return;
    this.#hidden = false;
    process.removeListener('exit', this.#onExit);
    this.#terminal.control(SHOW_CURSOR);
  }
}

/** A line feed within a line would break the block. */
const shown = (line: string): string => harmless(line.replaceAll(/[\n\t]/g, ' '), { colours: true });
