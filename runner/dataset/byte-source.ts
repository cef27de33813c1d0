/** A stream of bytes whose beginning can be read ahead, and to which surplus bytes can be returned. */

export interface Head {
  readonly bytes: Buffer;
  /** True when the stream has no more bytes. */
  readonly whole: boolean;
}

export class ByteSource implements AsyncIterable<Buffer> {
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** Chunks that were read from `chunks`, but not yet by the reader. */
  #held: Buffer[] = [];
  #ended = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next chunk, or undefined at the end of the stream. */
  async next(): Promise<Buffer | undefined> {
    return this.#held.shift() ?? (await this.#read());
  }

  unread(bytes: Buffer): void {
    if (bytes.length > 0) this.#held.unshift(bytes);
  }

  /** Returns at most so many of the next bytes without consuming them. */
  async peek(mostBytes: number): Promise<Head> {
    let length = this.#held.reduce((sum, chunk) => sum + chunk.length, 0);
    while (length < mostBytes) {
      const chunk = await this.#read();
      if (chunk === undefined) break;
      this.#held.push(chunk);
      length += chunk.length;
    }
    if (this.#held.length > 1) this.#held = [Buffer.concat(this.#held)];
    const bytes = (this.#held[0] ?? Buffer.alloc(0)).subarray(0, mostBytes);
    return { bytes, whole: this.#ended && bytes.length === length };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (let chunk = await this.next(); chunk !== undefined; chunk = await this.next()) yield chunk;
    } finally {
      await this.close();
    }
  }

  /** Closes the underlying stream. This works at any point. */
  async close(): Promise<void> {
    this.#held = [];
    this.#ended = true;
    await this.#chunks.return?.();
  }

  async #read(): Promise<Buffer | undefined> {
    if (this.#ended) return undefined;
    const next = await this.#chunks.next();
    if (next.done !== true) return Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    this.#ended = true;
    return undefined;
  }
}
