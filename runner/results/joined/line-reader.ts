/** Reads the lines of a stream one by one, in bounded memory. Most lines are there without waiting. */

/** An item's line has at most 16 MiB, and a kept line is hardly longer. A longer one is no line of ours. */
const MOST_CHARACTERS = 64 * 1024 * 1024;

export class LineReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #text = '';
  #at = 0;
  #ended = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next line, if it has been read already. */
  nextNow(): string | undefined {
    const end = this.#text.indexOf('\n', this.#at);
    if (end === -1) return undefined;
    const line = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return line;
  }

  /** The next line, or undefined at the end. A line that is too long counts as the end. */
  async next(): Promise<string | undefined> {
    for (;;) {
      const line = this.nextNow();
      if (line !== undefined) return line;
      if (this.#ended || this.#text.length - this.#at > MOST_CHARACTERS) return undefined;
      await this.#read();
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #read(): Promise<void> {
    const next = await this.#chunks.next();
    const rest = this.#text.slice(this.#at);
    this.#at = 0;
    if (next.done !== true) {
      this.#text = rest + this.#decoder.decode(next.value, { stream: true });
      return;
    }
    this.#ended = true;
    const last = rest + this.#decoder.decode();
    this.#text = last === '' || last.endsWith('\n') ? last : `${last}\n`;
  }
}
