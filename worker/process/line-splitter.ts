import { isUtf8 } from 'node:buffer';

/**
 * Cuts a stream of bytes into lines, and holds at most `maxBytes` of an unfinished line. A longer line ends the
 * splitting with one call of `tooLong`. Without that handler its start is given as a line, and its rest is dropped.
 */
export interface LineHandlers {
  /** Receives a line without its newline and without a carriage return before it. */
  readonly line: (line: string) => void;
  /** Receives the start of the line. */
  readonly tooLong?: (start: string) => void;
  /**
   * Receives the lines whose bytes are not UTF-8. Without it they are given as lines, with U+FFFD in place of those
   * bytes.
   */
  readonly notUtf8?: (line: string, where: NotUtf8) => void;
}

export interface NotUtf8 {
  /** The position counts from 1. */
  readonly position: number;
  readonly byte: number;
}

const NEWLINE = 10;
const REPLACEMENT = '\ufffd';
const SHOWN_BYTES = 1_024;

export class LineSplitter {
  #parts: Buffer[] = [];
  #bytes = 0;
  #dropping = false;
  #ended = false;

  readonly #maxBytes: number;
  readonly #handlers: LineHandlers;

  constructor(maxBytes: number, handlers: LineHandlers) {
    this.#maxBytes = maxBytes;
    this.#handlers = handlers;
  }

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

  /** Ends the stream. Text after the last newline is a line as well. */
  end(): void {
    if (this.#bytes > 0 && !this.#ended) this.#finishLine();
    this.#ended = true;
  }

  /** The start of the text after the last newline. */
  get unfinished(): string {
    return Buffer.concat(this.#parts).subarray(0, SHOWN_BYTES).toString('utf8');
  }

  #add(bytes: Buffer): void {
    if (this.#dropping || this.#ended || bytes.length === 0) return;
    if (this.#bytes + bytes.length <= this.#maxBytes) {
      this.#parts.push(bytes);
      this.#bytes += bytes.length;
      return;
    }
    this.#parts.push(bytes.subarray(0, this.#maxBytes - this.#bytes));
    const start = this.#take();
    if (this.#handlers.tooLong === undefined) {
      this.#dropping = true;
      this.#handlers.line(`${start.toString('utf8')}…`);
    } else {
      this.#ended = true;
      this.#handlers.tooLong(start.subarray(0, SHOWN_BYTES).toString('utf8'));
    }
  }

  #finishLine(): void {
    if (this.#ended) return;
    const dropped = this.#dropping;
    this.#dropping = false;
    const bytes = this.#take();
    if (dropped) return;
    const text = bytes.toString('utf8');
    const line = text.endsWith('\r') ? text.slice(0, -1) : text;
    const { notUtf8 } = this.#handlers;
    // Most lines have no such character, and their bytes need no second look.
    if (notUtf8 === undefined || !text.includes(REPLACEMENT) || isUtf8(bytes)) this.#handlers.line(line);
    else notUtf8(line, firstNotUtf8(bytes, text));
  }

  #take(): Buffer {
    const [only] = this.#parts;
    const line = this.#parts.length === 1 && only !== undefined ? only : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    return line;
  }
}

/**
 * The decoder replaces bytes that are no character by U+FFFD. A U+FFFD that was there before has its own three bytes.
 */
function firstNotUtf8(bytes: Buffer, text: string): NotUtf8 {
  const own = Buffer.from(REPLACEMENT);
  let position = 0;
  let start = 0;
  for (let at = text.indexOf(REPLACEMENT); at !== -1; at = text.indexOf(REPLACEMENT, start)) {
    position += Buffer.byteLength(text.slice(start, at));
    if (!own.equals(bytes.subarray(position, position + own.length))) break;
    position += own.length;
    start = at + 1;
  }
  return { position: position + 1, byte: bytes[position] ?? 0 };
}
