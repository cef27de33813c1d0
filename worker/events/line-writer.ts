/**
 * Lines for standard output, gathered for a moment: a write each would be a system call for every batch and for every line that a model logs.
 *
 * Invariant: a reader that has stopped reading does not fill the memory; lines for which there is no room are left out.
 */
export interface LineWriterOptions {
  readonly write: (text: string) => void;
  /** What the stream holds and the reader has not taken. */
  readonly waitingBytes: () => number;
}

/** A person who follows the log sees no delay. */
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

  /** At the end, too. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#text;
    this.#text = '';
    if (text !== '') this.#options.write(text);
  }
}
