/**
 * Unpacks Zstandard, in constant memory. A file may have several frames, also skippable ones. This file finds frames and blocks and checks their form, and fzstd
 * unpacks the blocks. https://www.rfc-editor.org/rfc/rfc8878
 */
import { Decompress } from 'fzstd';
import { messageOf, UserError } from '../errors.js';
import { ByteSource } from './byte-source.js';
import { Xxh64 } from './xxh64.js';

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const SKIPPABLE_MASK = 0xfffffff0;

/** The `zstd` command accepts no larger windows either, unless it is told to (`--long=31`). */
export const MOST_WINDOW_BYTES = 128 * 1024 * 1024;
const MOST_BLOCK_BYTES = 128 * 1024;
/** Skipped bytes are read in pieces, whatever the length of a skippable frame is. */
const SKIP_BYTES = 64 * 1024;

export function isZstd(head: Buffer): boolean {
  if (head.length < 4) return false;
  const magic = head.readUInt32LE(0);
  return magic === MAGIC || isSkippable(magic);
}

const isSkippable = (magic: number): boolean => (magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC;

/** Errors of the source pass through unchanged. Errors of the compression name the file. */
export async function* unzstd(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const source = new ByteSource(chunks);
  const reader = new FrameReader(source, name);
  try {
    for (;;) {
      const magic = await reader.magic();
      if (magic === undefined) return;
      if (isSkippable(magic)) await reader.skipFrame();
      else if (magic === MAGIC) {
        for await (const unpacked of reader.frame()) {
          signal.throwIfAborted();
          yield unpacked;
        }
      } else {
        throw new UserError(
          `${name} has bytes after its compressed data that are not zstd. If you do not need them, unpack the file (zstd -dc ${name} > UNPACKED) and give that.`,
        );
      }
    }
  } finally {
    await source.close();
  }
}

interface FrameHeader {
  /** The header as fzstd gets it: without the mark of a checksum, which is checked here. */
  readonly bytes: Buffer;
  readonly hasChecksum: boolean;
}

class FrameReader {
  constructor(
    readonly source: ByteSource,
    readonly name: string,
  ) {}

  /** The number that the next frame begins with. Undefined at the end. */
  async magic(): Promise<number | undefined> {
    const { bytes } = await this.source.peek(4);
    if (bytes.length === 0) return undefined;
    return (await this.#take(4)).readUInt32LE(0);
  }

  async skipFrame(): Promise<void> {
    let left = (await this.#take(4)).readUInt32LE(0);
    while (left > 0) left -= (await this.#take(Math.min(left, SKIP_BYTES))).length;
  }

  /** Unpacks a frame, whose magic number is read already. */
  async *frame(): AsyncGenerator<Buffer> {
    const { bytes: header, hasChecksum } = await this.#header();
    const unpacked: Buffer[] = [];
    const checksum = new Xxh64();
    const unpacker = new Decompress((piece) => {
      // fzstd may hand out a view of memory that it goes on to use.
      if (piece.length > 0) unpacked.push(Buffer.from(piece));
    });
    this.#unpack(unpacker, header, false);
    for (let last = false; !last;) {
      const block = await this.#block();
      last = (block.readUIntLE(0, 3) & 1) === 1;
      this.#unpack(unpacker, block, last);
      for (const piece of unpacked.splice(0)) {
        if (hasChecksum) checksum.update(piece);
        yield piece;
      }
    }
    if (hasChecksum && (await this.#take(4)).readUInt32LE(0) !== checksum.low32()) {
      throw this.#damaged('its checksum does not fit its content');
    }
  }

  async #header(): Promise<FrameHeader> {
    const descriptor = (await this.#take(1)).readUInt8(0);
    const isSingle = (descriptor & 0x20) !== 0;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
    const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
    const rest = await this.#take((isSingle ? 0 : 1) + dictionaryBytes + sizeBytes);
    if ((descriptor & 0x08) !== 0) throw this.#damaged('a frame has an unknown header');
    const dictionary = rest.subarray(rest.length - sizeBytes - dictionaryBytes, rest.length - sizeBytes);
    if (dictionary.some((byte) => byte !== 0)) {
      throw new UserError(
        `${this.name} was compressed with a dictionary. Compress it again without one: zstd -D DICT -dc ${this.name} | zstd > NEW.zst`,
      );
    }
    const windowBytes = isSingle ? contentBytes(rest.subarray(rest.length - sizeBytes)) : windowOf(rest.readUInt8(0));
    if (windowBytes > MOST_WINDOW_BYTES) {
      throw new UserError(
        `${this.name} needs a window of ${Math.ceil(windowBytes / 1024 / 1024)} MiB of memory to be unpacked, and the most is 128 MiB. Compress it again without --long and --single-thread options: zstd --long=31 -dc ${this.name} | zstd > NEW.zst`,
      );
    }
    const start = Buffer.alloc(5);
    start.writeUInt32LE(MAGIC, 0);
    start.writeUInt8(descriptor & ~0x04, 4);
    return { bytes: Buffer.concat([start, rest]), hasChecksum: (descriptor & 0x04) !== 0 };
  }

  /** A block with its header of three bytes. */
  async #block(): Promise<Buffer> {
    const header = await this.#take(3);
    const word = header.readUIntLE(0, 3);
    const size = word >> 3;
    const kind = (word >> 1) & 3;
    if (kind === 3 || size > MOST_BLOCK_BYTES) throw this.#damaged('a block has an invalid header');
    return Buffer.concat([header, await this.#take(kind === RUN ? 1 : size)]);
  }

  #unpack(unpacker: Decompress, bytes: Buffer, last: boolean): void {
    try {
      unpacker.push(bytes, last);
    } catch (error) {
      throw this.#damaged(messageOf(error));
    }
  }

  async #take(length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let left = length; left > 0;) {
      const chunk = await this.source.next();
      if (chunk === undefined) {
        throw new UserError(
          `${this.name} is incomplete: its compressed data ends too early. Create or copy the file again.`,
        );
      }
      pieces.push(chunk.subarray(0, left));
      this.source.unread(chunk.subarray(left));
      left -= Math.min(left, chunk.length);
    }
    return pieces.length === 1 ? (pieces[0] ?? Buffer.alloc(0)) : Buffer.concat(pieces);
  }

  #damaged(why: string): UserError {
    return new UserError(
      `${this.name} is damaged: its compressed data is invalid (${why}). Create or copy the file again.`,
    );
  }
}

/** A block of one repeated byte. */
const RUN = 1;

function windowOf(byte: number): number {
  const base = 2 ** (10 + (byte >> 3));
  return base + (base / 8) * (byte & 7);
}

/** The field of two bytes counts from 256. */
function contentBytes(field: Buffer): number {
  if (field.length === 8) return Number(field.readBigUInt64LE(0));
  return field.readUIntLE(0, field.length) + (field.length === 2 ? 256 : 0);
}
