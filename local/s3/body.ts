/** The bytes of a body, shared by reference count: in memory, in a file, or in several of both. */
import { open, unlink } from 'node:fs/promises';
import { giveBuffer, takeBuffer } from './buffer-pool.js';

/** Bytes that are shared by reference count. */
abstract class Source {
  #references = 1;

  retain(): void {
    this.#references += 1;
  }

  release(): void {
    this.#references -= 1;
    if (this.#references === 0) this.end();
  }

  protected abstract end(): void;
  abstract read(offset: number, size: number, signal: AbortSignal): AsyncGenerator<Buffer, void, undefined>;
}

export class MemorySource extends Source {
  readonly #free: () => void;

  constructor(
    readonly bytes: Buffer,
    free: () => void,
  ) {
    super();
    this.#free = free;
  }

  protected override end(): void {
    this.#free();
  }

  override async *read(offset: number, size: number): AsyncGenerator<Buffer, void, undefined> {
    yield this.bytes.subarray(offset, offset + size);
  }
}

export class FileSource extends Source {
  readonly #path: string;

  constructor(path: string) {
    super();
    this.#path = path;
  }

  protected override end(): void {
    // A file that cannot be deleted does no harm: the directory is removed with the local cloud.
    unlink(this.#path).catch(() => undefined);
  }

  /** Reads the next piece while the reader still processes the previous one. */
  override async *read(offset: number, size: number, signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    const handle = await open(this.#path, 'r');
    let [current, next] = [takeBuffer(), takeBuffer()];
    const readAt = (buffer: Buffer, at: number): Promise<{ readonly bytesRead: number }> =>
      handle.read(buffer, 0, Math.min(buffer.length, size - at), offset + at);
    let reading = readAt(current, 0);
    try {
      for (let done = 0; done < size;) {
        signal.throwIfAborted();
        const { bytesRead } = await reading;
        if (bytesRead === 0) throw new Error(`The file ${this.#path} is shorter than the data that was written to it.`);
        done += bytesRead;
        if (done < size) reading = readAt(next, done);
        yield current.subarray(0, bytesRead);
        [current, next] = [next, current];
      }
    } finally {
      await reading.catch(() => undefined);
      giveBuffer(current);
      giveBuffer(next);
      await handle.close();
    }
  }
}

interface Segment {
  readonly source: Source;
  readonly offset: number;
  readonly size: number;
}

/** Holds a reference to each of its sources until `release`, which must be called exactly once. */
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

  /** Returns the bytes `[start, end)` as a body of its own. */
  slice(start: number, end: number): Body {
    const segments: Segment[] = [];
    let position = 0;
    for (const { source, offset, size } of this.#segments) {
      const from = Math.max(start - position, 0);
      const to = Math.min(end - position, size);
      if (from < to) {
        source.retain();
        segments.push({ source, offset: offset + from, size: to - from });
      }
      position += size;
    }
    return new Body(segments);
  }

  release(): void {
    for (const { source } of this.#segments) source.release();
  }

  /** Returns all bytes at once if they are in memory already. */
  inMemory(): Buffer | undefined {
    const [first, ...others] = this.#segments;
    if (first === undefined) return Buffer.alloc(0);
    if (others.length > 0 || !(first.source instanceof MemorySource)) return undefined;
    return first.source.bytes.subarray(first.offset, first.offset + first.size);
  }

  /** A piece is valid until the next one is requested or the reading ends. */
  async *read(signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    for (const { source, offset, size } of this.#segments) yield* source.read(offset, size, signal);
  }
}

/** An empty body needs no source. */
export function bodyOf(source: Source, size: number): Body {
  if (size > 0) return new Body([{ source, offset: 0, size }]);
  source.release();
  return new Body([]);
}
