/**
 * A file of the journal.
 *
 * Invariants:
 * - `bytes` are durable: they were written and synced, and never change. Whatever lies behind them is torn.
 * - A file that was removed stays open while a body has its bytes here, so that a reader ends in order.
 */
import { readSync } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import path from 'node:path';
import { PRIVATE_FILE } from '../../instances/private-files.js';
import { syncDirectory } from '../../sync-files.js';
import type { JournalPlace } from '../body.js';

const COPIED_AT_ONCE = 1024 * 1024;

const NAME = /^(\d{10})\.journal$/;

export const numberOfSegment = (name: string): number | undefined => {
  const number = NAME.exec(name)?.[1];
  return number === undefined ? undefined : Number(number);
};

export class Segment {
  /** How many bodies have their bytes here. */
  #users = 0;
  #isRemoved = false;

  private constructor(
    readonly number: number,
    readonly file: string,
    readonly handle: FileHandle,
    public bytes: number,
  ) {}

  static async create(directory: string, number: number): Promise<Segment> {
    const file = path.join(directory, `${String(number).padStart(10, '0')}.journal`);
    return new Segment(number, file, await open(file, 'wx+', PRIVATE_FILE), 0);
  }

  static async open(directory: string, name: string, number: number): Promise<Segment> {
    const file = path.join(directory, name);
    return new Segment(number, file, await open(file, 'r+'), 0);
  }

  /** Returns the place of bytes that are written from here on. It must be released. */
  place(start: number): JournalPlace {
    this.#users += 1;
    return new Place(this, start);
  }

  release(): void {
    this.#users -= 1;
    void this.#closeUnused();
  }

  /** Copies what is torn into a file beside this one, which a person may look into. Returns the file. */
  async setAside(): Promise<string> {
    const file = `${this.file}.damaged`;
    const aside = await open(file, 'w', PRIVATE_FILE);
    try {
      const chunk = Buffer.alloc(COPIED_AT_ONCE);
      for (let at = this.bytes; ;) {
        const { bytesRead } = await this.handle.read(chunk, 0, chunk.length, at);
        if (bytesRead === 0) break;
        await aside.writeFile(chunk.subarray(0, bytesRead));
        at += bytesRead;
      }
      await aside.datasync();
    } finally {
      await aside.close();
    }
    return file;
  }

  /** Cuts off what is torn. */
  async cut(): Promise<void> {
    await this.handle.truncate(this.bytes);
    await this.handle.datasync();
  }

  /** A removal that a power loss undid would bring back what later files deleted, so it is synced. */
  async remove(): Promise<void> {
    this.#isRemoved = true;
    await unlink(this.file);
    await syncDirectory(path.dirname(this.file));
    await this.#closeUnused();
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  async #closeUnused(): Promise<void> {
    if (this.#isRemoved && this.#users === 0) await this.handle.close().catch(() => undefined);
  }
}

class Place implements JournalPlace {
  readonly #segment: Segment;
  readonly #start: number;

  constructor(segment: Segment, start: number) {
    this.#segment = segment;
    this.#start = start;
  }

  async read(offset: number, size: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(size);
    const { bytesRead } = await this.#segment.handle.read(buffer, 0, size, this.#start + offset);
    if (bytesRead !== size) throw this.#tooShort();
    return buffer;
  }

  readSync(offset: number, size: number): Buffer {
    const buffer = Buffer.allocUnsafeSlow(size);
    const bytesRead = readSync(this.#segment.handle.fd, buffer, 0, size, this.#start + offset);
    if (bytesRead !== size) throw this.#tooShort();
    return buffer;
  }

  release(): void {
    this.#segment.release();
  }

  #tooShort(): Error {
    return new Error(`The file ${this.#segment.file} is shorter than the data that was written to it.`);
  }
}
