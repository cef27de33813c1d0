/** Keeps bytes in memory up to a bound, and beyond it in a temporary file, which has no name any more and so never remains. */
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const MEMORY_BYTES = 64 * 1024 * 1024;

export class Spill {
  #length = 0;
  #flushed = 0;
  #pending: Buffer[] = [];
  #file: FileHandle | undefined;

  readonly #memoryBytes: number;

  constructor(memoryBytes = MEMORY_BYTES) {
    this.#memoryBytes = memoryBytes;
  }

  get isFull(): boolean {
    return this.#length - this.#flushed >= this.#memoryBytes;
  }

  /** Keeps a copy of the bytes. Returns their offset. */
  add(bytes: Uint8Array): number {
    const offset = this.#length;
    this.#pending.push(Buffer.from(bytes));
    this.#length += bytes.length;
    return offset;
  }

  /** Writes what is in memory to the file. Call it when the memory is full. */
  async flush(): Promise<void> {
    this.#file ??= await openNameless();
    const bytes = this.#joined();
    for (let at = 0; at < bytes.length;) {
      const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, this.#flushed + at);
      at += bytesWritten;
    }
    this.#flushed += bytes.length;
    this.#pending = [];
  }

  async read(offset: number, length: number): Promise<Buffer> {
    if (this.#pending.length > 1) this.#joined();
    if (offset >= this.#flushed) {
      const from = offset - this.#flushed;
      return (this.#pending[0] ?? Buffer.alloc(0)).subarray(from, from + length);
    }
    const bytes = Buffer.allocUnsafe(length);
    for (let at = 0; at < length;) {
      const read = await this.#file?.read(bytes, at, length - at, offset + at);
      if (read === undefined || read.bytesRead === 0) throw new Error('The temporary file of the sample is too short.');
      at += read.bytesRead;
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#pending = [];
  }

  #joined(): Buffer {
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [bytes];
    return bytes;
  }
}

async function openNameless(): Promise<FileHandle> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'spotpool-sample-'));
  try {
    return await open(path.join(folder, 'lines'), 'wx+', 0o600);
  } finally {
    await rm(folder, { recursive: true });
  }
}
