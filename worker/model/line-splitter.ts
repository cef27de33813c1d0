/**
 * Cuts a stream of bytes into lines, holding no more than `maxBytes` of an unfinished one. A longer one ends it all with one call of
 * `tooLong`; without that handler its start is given as a line, and its rest is dropped.
 */
export interface LineHandlers {
  /** Without its newline and a carriage return before it. */
  readonly line: (line: string) => void;
  /** With the start of the line. */
  readonly tooLong?: (start: string) => void;
}

const NEWLINE = 10;
const SHOWN_BYTES = 1_024;

export class LineSplitter {
  #parts: Buffer[] = [];
  #bytes = 0;
  #dropping = false;
  #ended = false;

  constructor(
    private readonly maxBytes: number,
    private readonly handlers: LineHandlers,
  ) {}

  write(chunk: Buffer): void {
    let start = 0;
    while (start < chunk.length && !this.#ended) {
      const newline = chunk.indexOf(NEWLINE, start);
      const end = newline === -1 ? chunk.length : newline;
      this.#add(chunk.subarray(start, end));
      if (newline !== -1) this.#finishLine();
      start = end + 1;
    }
  }

  /** The stream is at its end: what is left without a newline is a line as well. */
  end(): void {
    if (this.#bytes > 0 && !this.#ended) this.#finishLine();
    this.#ended = true;
  }

  #add(bytes: Buffer): void {
    if (this.#dropping || this.#ended || bytes.length === 0) return;
    if (this.#bytes + bytes.length <= this.maxBytes) {
      this.#parts.push(bytes);
      this.#bytes += bytes.length;
      return;
    }
    this.#parts.push(bytes.subarray(0, this.maxBytes - this.#bytes));
    const start = this.#take();
    if (this.handlers.tooLong === undefined) {
      this.#dropping = true;
      this.handlers.line(`${start.toString('utf8')}…`);
    } else {
      this.#ended = true;
      this.handlers.tooLong(start.subarray(0, SHOWN_BYTES).toString('utf8'));
    }
  }

  #finishLine(): void {
    if (this.#ended) return;
    const dropped = this.#dropping;
    this.#dropping = false;
    const line = this.#take().toString('utf8');
    if (!dropped) this.handlers.line(line.endsWith('\r') ? line.slice(0, -1) : line);
  }

  #take(): Buffer {
    const [only] = this.#parts;
    const line = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    return line;
  }
}
