/**
 * Stores the bodies of objects and parts. A small body is kept in memory, as long as all of them stay within the
 * store's budget; a file for each would cost more than the rest of a put. Any other body is a file with a random
 * name, so that no key can become a path.
 *
 * Invariants: the bytes are written once and never change after `finish`. Each object or part that shows them and
 * each open reader holds one reference; the release of the last one frees the memory or deletes the file. So an
 * object can be overwritten or deleted while it is read. A multipart object is the list of its parts, and a copy
 * shares its source's bytes: nothing is copied.
 */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { makePrivateDirectory } from '../instances/private-files.js';
import { syncDirectory } from '../sync-files.js';
import { type Body, bodyOf, FileSource, SmallSource } from './body.js';
import { type BodyWriter, FileWriter, MemoryWriter } from './body-writer.js';

/** From this size on a file costs little compared with the bytes themselves. */
const MAX_BYTES_IN_MEMORY = 64 * 1024;

/** The budget covers all bodies, finished or not: a hundred thousand of one KiB fit; the rest goes to disk. */
const MEMORY_BUDGET_BYTES = 256 * 1024 * 1024;

/**
 * The approximate cost of a body in memory besides its bytes. Without it, a million empty bodies would count for
 * nothing.
 */
const OVERHEAD_BYTES = 512;

export class BodyStore {
  #freeBytes: number;
  readonly #budgetBytes: number;
  readonly #isSynced: boolean;
  #hasNewFiles = false;

  /** With `isSynced` a body in a file is on the disk when its writer has finished. */
  constructor(
    readonly directory: string,
    memoryBudgetBytes = MEMORY_BUDGET_BYTES,
    { isSynced = false }: { readonly isSynced?: boolean } = {},
  ) {
    makePrivateDirectory(directory);
    this.#freeBytes = memoryBudgetBytes;
    this.#budgetBytes = memoryBudgetBytes;
    this.#isSynced = isSynced;
  }

  /** Only half of the budget is for bytes that a journal has, too: the rest is for those that arrive. */
  get isHalfFull(): boolean {
    return this.#freeBytes < this.#budgetBytes / 2;
  }

  /** Makes the names of finished files durable. */
  async syncNames(): Promise<void> {
    if (!this.#hasNewFiles) return;
    this.#hasNewFiles = false;
    try {
      await syncDirectory(this.directory);
    } catch (error) {
      this.#hasNewFiles = true;
      throw error;
    }
  }

  /** Creates a writer for a body of at most `size` bytes. */
  create(size: number): BodyWriter {
    const cost = size + OVERHEAD_BYTES;
    if (size > MAX_BYTES_IN_MEMORY || cost > this.#freeBytes) {
      const toBody = (file: string, written: number): Body => {
        this.#hasNewFiles = true;
        return bodyOf(new FileSource(file), written);
      };
      return new FileWriter(path.join(this.directory, randomUUID()), toBody, this.#isSynced);
    }
    this.#freeBytes -= cost;
    const free = (): void => void (this.#freeBytes += cost);
    return new MemoryWriter(size, free, (bytes) => bodyOf(SmallSource.inMemory(bytes, free), bytes.length));
  }
}
