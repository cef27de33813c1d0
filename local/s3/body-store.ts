/**
 * Bodies of objects and parts. A small one is kept in memory (a file for each would cost more than all the rest of a put),
 * as long as all of them together stay within the store's budget; any other is a file with a random name, so that no key can
 * become a path.
 *
 * Invariants: the bytes are written once and never change after `finish`. They have one reference for each object or part
 * that shows them and for each open reader; the last one to go lets go of the memory or deletes the file. So an object can
 * be overwritten or deleted while it is read, a multipart object is the list of its parts, and a copy shares its source's:
 * nothing is copied.
 */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { makePrivateDirectory } from '../instances/private-files.js';
import { bodyOf, FileSource, MemorySource } from './body.js';
import { type BodyWriter, FileWriter, MemoryWriter } from './body-writer.js';

/** From here on a file is cheap beside the bytes themselves. */
const MAX_BYTES_IN_MEMORY = 64 * 1024;

/** Of all bodies together, finished or not: a hundred thousand of one KiB fit; the rest goes to disk. */
const MEMORY_BUDGET_BYTES = 256 * 1024 * 1024;

/** What a body in memory costs beside its bytes, about: without it, a million empty ones would count for nothing. */
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

  /** For a body of at most `size` bytes. */
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
