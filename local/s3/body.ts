/** The bytes of a body, shared by reference count: in memory, in a file, in a journal, or in several of these. */
import { open, unlink } from 'node:fs/promises';
import path from 'node:path';
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

  protected get isEnded(): boolean {
    return this.#references === 0;
  }

  protected abstract end(): void;
  abstract read(offset: number, size: number, signal: AbortSignal): AsyncGenerator<Buffer, void, undefined>;
}

/** The place of small bytes in a journal (kept/segment.ts), for as long as it is held. */
export interface JournalPlace {
  read(offset: number, size: number): Promise<Buffer>;
  readSync(offset: number, size: number): Buffer;
  release(): void;
}

/** The bytes of a small body: in memory, in a journal, or in both. */
export class SmallSource extends Source {
  #bytes: Buffer | undefined;
  #place: JournalPlace | undefined;
  readonly #free: () => void;

  private constructor(
    readonly size: number,
    held: { readonly bytes: Buffer; readonly free: () => void } | { readonly place: JournalPlace },
  ) {
    super();
    this.#bytes = 'bytes' in held ? held.bytes : undefined;
    this.#free = 'free' in held ? held.free : () => undefined;
    this.#place = 'place' in held ? held.place : undefined;
  }

  /** `free` is called when the memory is no longer needed. */
  static inMemory(bytes: Buffer, free: () => void): SmallSource {
    return new SmallSource(bytes.length, { bytes, free });
  }

  static inJournal(place: JournalPlace, size: number): SmallSource {
    return new SmallSource(size, { place });
  }

  /** The bytes that are in memory now. */
  get bytes(): Buffer | undefined {
    return this.#bytes;
  }

  /** The journal has the bytes here from now on. */
  moveTo(place: JournalPlace): void {
    if (this.isEnded) return place.release();
    this.#place?.release();
    this.#place = place;
  }

  /** Drops the copy in memory of bytes that the journal has. */
  leaveMemory(): void {
    if (this.#bytes === undefined || this.#place === undefined) return;
    this.#bytes = undefined;
    this.#free();
  }

  readSync(offset: number, size: number): Buffer {
    if (this.#bytes !== undefined) return this.#bytes.subarray(offset, offset + size);
    return this.#held().readSync(offset, size);
  }

  protected override end(): void {
    if (this.#bytes !== undefined) this.#free();
    this.#bytes = undefined;
    this.#place?.release();
    this.#place = undefined;
  }

  override async *read(offset: number, size: number): AsyncGenerator<Buffer, void, undefined> {
    yield this.#bytes?.subarray(offset, offset + size) ?? (await this.#held().read(offset, size));
  }

  #held(): JournalPlace {
    if (this.#place === undefined) throw new Error('A body was read after its end.');
    return this.#place;
  }
}

export class FileSource extends Source {
  readonly #path: string;

  constructor(file: string) {
    super();
    this.#path = file;
  }

  /** The name of the file in the store's directory. */
  get name(): string {
    return path.basename(this.#path);
  }

  protected override end(): void {
    // A file that cannot be deleted does no harm: it is removed with the directory, or when the directory is used again.
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

/** A run of bytes of one source. */
export interface Piece {
  readonly source: SmallSource | FileSource;
  readonly offset: number;
  readonly size: number;
}

/** Holds a reference to each of its sources until `release`, which must be called exactly once. */
export class Body {
  readonly size: number;
  readonly #pieces: readonly Piece[];

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
    this.size = pieces.reduce((sum, piece) => sum + piece.size, 0);
  }

  static join(bodies: readonly Body[]): Body {
    return new Body(bodies.flatMap((body) => body.slice(0, body.size).#pieces));
  }

  /** Returns the bytes `[start, end)` as a body of its own. */
  slice(start: number, end: number): Body {
    const pieces: Piece[] = [];
    let position = 0;
    for (const { source, offset, size } of this.#pieces) {
      const from = Math.max(start - position, 0);
      const to = Math.min(end - position, size);
      if (from < to) {
        source.retain();
        pieces.push({ source, offset: offset + from, size: to - from });
      }
      position += size;
    }
    return new Body(pieces);
  }

  release(): void {
    for (const { source } of this.#pieces) source.release();
  }

  /** Returns all bytes at once if they are in memory already. */
  inMemory(): Buffer | undefined {
    const [first, ...others] = this.#pieces;
    if (first === undefined) return Buffer.alloc(0);
    if (others.length > 0 || !(first.source instanceof SmallSource)) return undefined;
    return first.source.bytes?.subarray(first.offset, first.offset + first.size);
  }

  /** The runs of bytes, in order. */
  get pieces(): readonly Piece[] {
    return this.#pieces;
  }

  /** A piece is valid until the next one is requested or the reading ends. */
  async *read(signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    for (const { source, offset, size } of this.#pieces) yield* source.read(offset, size, signal);
  }
}

/** An empty body needs no source. */
export function bodyOf(source: Piece['source'], size: number): Body {
  if (size > 0) return new Body([{ source, offset: 0, size }]);
  source.release();
  return new Body([]);
}
