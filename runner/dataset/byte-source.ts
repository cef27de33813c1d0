/** A stream of bytes of which the beginning can be looked at, and what was taken too much can be given back. */

export interface Head {
  readonly bytes: Buffer;
  /** There is nothing more. */
  readonly whole: boolean;
}

export class ByteSource implements AsyncIterable<Buffer> {
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** Taken from `chunks`, but not yet by the reader. */
  #held: Buffer[] = [];
  #ended = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    return this.#held.shift() ?? (await this.#read());
  }

  unread(bytes: Buffer): void {
    if (bytes.length > 0) this.#held.unshift(bytes);
  }

  /** The first bytes of what comes, at most so many; the next reader gets them all the same. */
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

  /** Lets go of what it reads from, at any point. */
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
