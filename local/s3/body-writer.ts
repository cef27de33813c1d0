/** How the bytes of a body come in: at most as many as were announced, once, ended by either `finish` or `discard`. */
import { open, unlink, type FileHandle } from 'node:fs/promises';
import type { Body } from './body-store.js';

/** Sockets bring 64 KiB at a time: a write of several costs the disk's thread no more than a write of one. */
const WRITE_BYTES = 512 * 1024;

export interface BodyWriter {
  /** The data must not change afterwards. A promise when the writer asks for patience; it rejects when the disk refuses. */
  write(data: Uint8Array): Promise<void> | undefined;
  finish(): Promise<Body>;
  discard(): Promise<void>;
}

export class MemoryWriter implements BodyWriter {
  readonly #bytes: Buffer;
  #size = 0;

  constructor(
    size: number,
    private readonly free: () => void,
    private readonly toBody: (bytes: Buffer) => Body,
  ) {
    // Not from the pool: a body of one byte would keep eight KiB of it alive.
    this.#bytes = Buffer.allocUnsafeSlow(size);
  }

  write(data: Uint8Array): undefined {
    this.#bytes.set(data, this.#size);
    this.#size += data.length;
  }

  async finish(): Promise<Body> {
    return this.toBody(this.#bytes.subarray(0, this.#size));
  }

  async discard(): Promise<void> {
    this.free();
  }
}

/** Gathers pieces and writes them while the next ones are awaited and hashed: at most two gatherings are held. */
export class FileWriter implements BodyWriter {
  #handle: FileHandle | undefined;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #size = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly path: string,
    private readonly toBody: (path: string, size: number) => Body,
  ) {}

  write(data: Uint8Array): Promise<void> | undefined {
    this.#gathered.push(data);
    this.#gatheredBytes += data.length;
    this.#size += data.length;
    // The first piece goes out at once: a file that cannot be made is known before the rest comes.
    const isFull = this.#gatheredBytes >= WRITE_BYTES || this.#size === data.length;
    return isFull ? this.#flush() : undefined;
  }

  async finish(): Promise<Body> {
    await this.#flush();
    await this.#writing;
    await this.#close();
    return this.toBody(this.path, this.#size);
  }

  async discard(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#close();
    await unlink(this.path).catch(() => undefined);
  }

  /** Waits for the write before, not for its own. */
  async #flush(): Promise<void> {
    const pieces = this.#gathered;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    await this.#writing;
    if (pieces.length === 0) return;
    this.#writing = this.#writeAll(pieces);
    // Whoever waits for it next is told.
    this.#writing.catch(() => undefined);
  }

  async #writeAll(pieces: readonly Uint8Array[]): Promise<void> {
    this.#handle ??= await open(this.path, 'wx');
    const expected = pieces.reduce((sum, piece) => sum + piece.length, 0);
    let written = (await this.#handle.writev(pieces)).bytesWritten;
    if (written === expected) return;
    // A short write, as a disk that is nearly full gives: the rest as one piece, until it is there or refused.
    const whole = Buffer.concat(pieces);
    while (written < expected) {
      written += (await this.#handle.write(whole, written, expected - written)).bytesWritten;
    }
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}
