/**
 * Bodies of objects and parts: files with random names, so that no key can become a path.
 *
 * Invariants: a file is written once and never changes after `finish`. It has one reference for each object or part that
 * shows it and for each open reader; the last one to go deletes it. So an object can be overwritten or deleted while it
 * is read, a multipart object is the list of its parts' files, and a copy shares its source's: nothing is copied.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

/** Large enough that disks are read in long runs, small enough that a thousand readers fit in memory. */
const READ_BYTES = 256 * 1024;

class BodyFile {
  #references = 1;
  constructor(readonly path: string) {}

  retain(): void {
    this.#references += 1;
  }

  release(): void {
    this.#references -= 1;
    // A file that cannot be deleted is nobody's concern any more: the directory goes with the local cloud.
    if (this.#references === 0) unlink(this.path).catch(() => undefined);
  }
}

interface Segment {
  readonly file: BodyFile;
  readonly offset: number;
  readonly size: number;
}

/** Holds a reference to each of its files until `release`, which must be called once. */
export class Body {
  readonly size: number;
  readonly #segments: readonly Segment[];

  constructor(segments: readonly Segment[]) {
    this.#segments = segments;
    this.size = segments.reduce((sum, segment) => sum + segment.size, 0);
  }

  static join(bodies: readonly Body[]): Body {
    return new Body(bodies.flatMap((body) => body.slice(0, body.size).#segments));
  }

  /** Bytes `[start, end)` as a body of its own. */
  slice(start: number, end: number): Body {
    const segments: Segment[] = [];
    let position = 0;
    for (const { file, offset, size } of this.#segments) {
      const from = Math.max(start - position, 0);
      const to = Math.min(end - position, size);
      if (from < to) {
        file.retain();
        segments.push({ file, offset: offset + from, size: to - from });
      }
      position += size;
    }
    return new Body(segments);
  }

  release(): void {
    for (const { file } of this.#segments) file.release();
  }

  async *read(signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    for (const { file, offset, size } of this.#segments) {
      const handle = await open(file.path, 'r');
      try {
        for (let done = 0; done < size;) {
          signal.throwIfAborted();
          const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, size - done));
          const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset + done);
          if (bytesRead === 0) throw new Error(`The file ${file.path} is shorter than it was written.`);
          done += bytesRead;
          yield buffer.subarray(0, bytesRead);
        }
      } finally {
        await handle.close();
      }
    }
  }
}

/** Writes one file; ends with either `finish` or `discard`. */
export class BodyWriter {
  #size = 0;
  #handle: FileHandle | undefined;
  constructor(readonly path: string) {}

  /** The data must not change until the promise settles. */
  async write(data: Uint8Array): Promise<void> {
    this.#handle ??= await open(this.path, 'wx');
    for (let done = 0; done < data.length;) {
      const { bytesWritten } = await this.#handle.write(data, done, data.length - done);
      done += bytesWritten;
    }
    this.#size += data.length;
  }

  async finish(): Promise<Body> {
    await this.#close();
    return new Body(this.#size === 0 ? [] : [{ file: new BodyFile(this.path), offset: 0, size: this.#size }]);
  }

  async discard(): Promise<void> {
    await this.#close();
    await unlink(this.path).catch(() => undefined);
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}

export class BodyStore {
  constructor(readonly directory: string) {
    mkdirSync(directory, { recursive: true });
  }

  create(): BodyWriter {
    return new BodyWriter(path.join(this.directory, randomUUID()));
  }
}
