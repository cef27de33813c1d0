/** Writes the bytes of a body: at most the announced number, once, ended by either `finish` or `discard`. */
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { PRIVATE_FILE } from '../instances/private-files.js';
import type { Body } from './body.js';
import { giveBuffer, POOLED_BYTES, takeBuffer } from './buffer-pool.js';

export interface BodyWriter {
  /** Returns a promise when the caller must wait; it rejects when the disk fails. */
  write(data: Uint8Array): Promise<void> | undefined;
  finish(): Promise<Body>;
  discard(): Promise<void>;
}

export class MemoryWriter implements BodyWriter {
  readonly #bytes: Buffer;
  #size = 0;

  readonly #free: () => void;
  readonly #toBody: (bytes: Buffer) => Body;

  constructor(size: number, free: () => void, toBody: (bytes: Buffer) => Body) {
    this.#free = free;
    this.#toBody = toBody;
    // The buffer must not come from Node's pool, because a body of one byte would keep eight KiB of the pool alive.
    this.#bytes = Buffer.allocUnsafeSlow(size);
  }

  write(data: Uint8Array): undefined {
    this.#bytes.set(data, this.#size);
    this.#size += data.length;
  }

  async finish(): Promise<Body> {
    return this.#toBody(this.#bytes.subarray(0, this.#size));
  }

  async discard(): Promise<void> {
    this.#free();
  }
}

/**
 * Collects bytes in one buffer while another is being written, so that arriving data can be hashed and released
 * meanwhile.
 */
export class FileWriter implements BodyWriter {
  #handle: FileHandle | undefined;
  #gathering: Buffer | undefined;
  #gatheredBytes = 0;
  #size = 0;
  #writing: Promise<void> = Promise.resolve();

  readonly #path: string;
  readonly #toBody: (path: string, size: number) => Body;
  readonly #isSynced: boolean;

  constructor(path: string, toBody: (path: string, size: number) => Body, isSynced: boolean) {
    this.#path = path;
    this.#toBody = toBody;
    this.#isSynced = isSynced;
  }

  write(data: Uint8Array): Promise<void> | undefined {
    const isFirst = this.#size === 0;
    this.#size += data.length;
    const fits = this.#gatheredBytes + data.length < POOLED_BYTES;
    // The first piece is written immediately: a file that cannot be created is noticed before the rest arrives.
    if (!fits || isFirst) return this.#writeOn(data);
    this.#gather(data);
    return undefined;
  }

  async finish(): Promise<Body> {
    await this.#flush();
    await this.#writing;
    if (this.#isSynced) await this.#handle?.sync();
    await this.#close();
    return this.#toBody(this.#path, this.#size);
  }

  async discard(): Promise<void> {
    await this.#writing.catch(() => undefined);
    if (this.#gathering !== undefined) giveBuffer(this.#gathering);
    this.#gathering = undefined;
    await this.#close();
    await unlink(this.#path).catch(() => undefined);
  }

  async #writeOn(data: Uint8Array): Promise<void> {
    for (let done = 0; done < data.length;) {
      done += this.#gather(data.subarray(done, done + POOLED_BYTES - this.#gatheredBytes));
      if (this.#gatheredBytes === POOLED_BYTES || done === data.length) await this.#flush();
    }
  }

  #gather(data: Uint8Array): number {
    this.#gathering ??= takeBuffer();
    this.#gathering.set(data, this.#gatheredBytes);
    this.#gatheredBytes += data.length;
    return data.length;
  }

  /** Waits for the previous write, not for its own. */
  async #flush(): Promise<void> {
    const [buffer, size] = [this.#gathering, this.#gatheredBytes];
    this.#gathering = undefined;
    this.#gatheredBytes = 0;
    if (buffer === undefined) return this.#writing;
    try {
      await this.#writing;
    } catch (error) {
      giveBuffer(buffer);
      throw error;
    }
    this.#writing = this.#writeAll(buffer, size).finally(() => giveBuffer(buffer));
    // The next caller that waits for this write gets the error.
    this.#writing.catch(() => undefined);
  }

  async #writeAll(buffer: Buffer, size: number): Promise<void> {
    this.#handle ??= await open(this.#path, 'wx', PRIVATE_FILE);
    for (let done = 0; done < size;) {
      done += (await this.#handle.write(buffer, done, size - done)).bytesWritten;
    }
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}
