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
import { bodyOf, FileSource, MemorySource } from './body.js';
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

  constructor(
    readonly directory: string,
    memoryBudgetBytes = MEMORY_BUDGET_BYTES,
  ) {
    makePrivateDirectory(directory);
    this.#freeBytes = memoryBudgetBytes;
  }

  /** Creates a writer for a body of at most `size` bytes. */
  create(size: number): BodyWriter {
    const cost = size + OVERHEAD_BYTES;
    if (size > MAX_BYTES_IN_MEMORY || cost > this.#freeBytes) {
      return new FileWriter(path.join(this.directory, randomUUID()), (file, written) =>
        bodyOf(new FileSource(file), written),
      );
    }
    this.#freeBytes -= cost;
    const free = (): void => void (this.#freeBytes += cost);
    return new MemoryWriter(size, free, (bytes) => bodyOf(new MemorySource(bytes, free), bytes.length));
  }
}
