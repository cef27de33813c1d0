/**
 * A block of lines at the bottom of a terminal that is redrawn in place.
 *
 * Invariants:
 * - What is above the block is never touched, and the block never exceeds the screen: scrolled-off lines cannot be redrawn.
 * - Each redraw is one write, over what is there: nothing is cleared first, so nothing flickers.
 * - A line is one line, and moves nothing by itself: whatever of others is in it has become harmless.
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
    // One column and one row stay free: a full last line would wrap or scroll.
    const fitted = lines.slice(0, Math.max(1, rows - 1)).map((line) => fit(shown(line), Math.max(1, columns - 1)));
    const before = cursorUp(this.#rowsTaken(columns));
    const body = fitted.map((line) => `${line}${ERASE_TO_LINE_END}\n`).join('');
    this.#terminal.control(`${this.#hide()}${before}${body}${ERASE_BELOW}`);
    this.#shown = fitted;
  }

  /** Leaves the block where it is, as ordinary output. */
  release(): void {
    this.#shown = [];
    this.#restore();
  }

  /** A terminal that became narrower has wrapped the lines that it shows. */
  #rowsTaken(columns: number): number {
    return this.#shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(width(line) / columns)), 0);
  }

  #hide(): string {
    if (this.#hidden) return '';
    this.#hidden = true;
    // However the process ends, the user gets the cursor back.
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
