/**
 * Gathers lines for standard output for a moment, because a write for each batch and each line of a model's log would
 * be a system call each.
 *
 * Invariant: A reader that has stopped reading does not fill the memory: lines for which there is no room are dropped.
 */
export interface LineWriterOptions {
  readonly write: (text: string) => void;
  /** Returns how much the stream holds that the reader has not taken. */
  readonly waitingBytes: () => number;
}

/** The delay is too short for a person who follows the log to notice. */
const GATHERED_FOR_MS = 50;
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

export class LineWriter {
  #text = '';
  #timer: NodeJS.Timeout | undefined;

  readonly #options: LineWriterOptions;

  constructor(options: LineWriterOptions) {
    this.#options = options;
  }

  write(line: string): void {
    if (this.#options.waitingBytes() + this.#text.length >= MAX_WAITING_BYTES) return;
    this.#text += `${line}\n`;
    this.#timer ??= setTimeout(() => this.flush(), GATHERED_FOR_MS);
  }

  /** Writes the gathered lines now; called also at the end. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#text;
    this.#text = '';
    if (text !== '') this.#options.write(text);
  }
}
