/**
 * Turns what a model or its setup prints into log lines. Long lines are cut, a flood is thinned (with a note), and the
 * last lines are kept for the message of a failure.
 */
import type { Clock } from '../ports.js';
import { type Hide, hideNothing } from './hide-secrets.js';
import { LineSplitter } from './line-splitter.js';

/** A log line travels in an event. This is enough for a long stack frame, and too little for a dump of weights. */
const MAX_LINE_BYTES = 8 * 1024;
/** A person reads no more, and the log of a model that logs each item must not cost more than its results. */
const MAX_LINES_PER_WINDOW = 200;
const WINDOW_MS = 10_000;
const KEPT_LINES = 20;

export class ModelLog {
  readonly #splitter: LineSplitter;
  #windowStartMs: number;
  #linesInWindow = 0;
  #leftOut = 0;
  #lastLines: string[] = [];

  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #onLine: (line: string) => void;
  readonly #hide: Hide;

  constructor(clock: Pick<Clock, 'nowMs'>, onLine: (line: string) => void, hide: Hide = hideNothing) {
    this.#clock = clock;
    this.#onLine = onLine;
    this.#hide = hide;
    this.#windowStartMs = clock.nowMs();
    this.#splitter = new LineSplitter(MAX_LINE_BYTES, {
      line: (line) => {
        this.#line(line);
      },
    });
  }

  write(chunk: Buffer): void {
    this.#splitter.write(chunk);
  }

  end(): void {
    this.#splitter.end();
    this.#reportLeftOut();
  }

  get lastLines(): readonly string[] {
    return this.#lastLines;
  }

  #line(text: string): void {
    if (text.trim() === '') return;
    const line = this.#hide(text);
    this.#lastLines = [...this.#lastLines.slice(1 - KEPT_LINES), line];
    if (this.#clock.nowMs() - this.#windowStartMs >= WINDOW_MS) {
      this.#reportLeftOut();
      this.#windowStartMs = this.#clock.nowMs();
      this.#linesInWindow = 0;
    }
    this.#linesInWindow += 1;
    if (this.#linesInWindow > MAX_LINES_PER_WINDOW) this.#leftOut += 1;
    else this.#onLine(line);
  }

  #reportLeftOut(): void {
    if (this.#leftOut > 0) this.#onLine(`(${this.#leftOut} lines left out)`);
    this.#leftOut = 0;
  }
}
