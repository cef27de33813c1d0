/**
 * Checks a struct in Thrift's compact protocol before a parser reads it. A parser believes the lengths that it finds, so a damaged length could
 * make it reserve gigabytes. https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */

/** The struct does not end within the bytes. They may be the beginning of a longer struct. */
export class StructTooShort extends Error {
  override readonly name = 'StructTooShort';
}

/** The metadata of Parquet nests eight deep at most. */
const MAX_DEPTH = 32;
/** A 64-bit number has ten groups of seven bits at most. */
const MAX_VARINT_BYTES = 10;

const TYPE = { yes: 1, no: 2, byte: 3, i16: 4, i32: 5, i64: 6, double: 7, binary: 8, list: 9, struct: 12 } as const;

/** Returns the offset behind the struct that begins at `start`. Throws when it is no struct, or when it is not whole. */
export function endOfStruct(bytes: Uint8Array, start: number): number {
  return new StructWalk(bytes, start).struct(0);
}

class StructWalk {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#at = start;
  }

  struct(depth: number): number {
    if (depth > MAX_DEPTH) throw new Error(`its metadata nests more than ${MAX_DEPTH} deep`);
    for (;;) {
      const head = this.#byte();
      const type = head & 0x0f;
      if (type === 0) return this.#at;
      if (head >> 4 === 0) this.#varint();
      this.#value(type, depth);
    }
  }

  #value(type: number, depth: number): void {
    switch (type) {
      case TYPE.yes:
      case TYPE.no:
        return;
      case TYPE.byte:
        this.#skip(1);
        return;
      case TYPE.i16:
      case TYPE.i32:
      case TYPE.i64:
        this.#varint();
        return;
      case TYPE.double:
        this.#skip(8);
        return;
      case TYPE.binary:
        this.#skip(this.#varint());
        return;
      case TYPE.list:
        this.#list(depth);
        return;
      case TYPE.struct:
        this.struct(depth + 1);
        return;
      default:
        throw new Error(`its metadata has a field of the unknown type ${type}`);
    }
  }

  #list(depth: number): void {
    const head = this.#byte();
    const type = head & 0x0f;
    const size = head >> 4 === 15 ? this.#varint() : head >> 4;
    // Each element has one byte at least.
    if (size > this.#bytes.length - this.#at) throw new StructTooShort(`a list of ${size} elements is not whole`);
    const element = type === TYPE.yes || type === TYPE.no ? TYPE.byte : type;
    for (let i = 0; i < size; i++) this.#value(element, depth + 1);
  }

  /** The result is exact for lengths. Larger numbers are only passed over. */
  #varint(): number {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new Error('its metadata has a number of more than 64 bits');
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new StructTooShort('its metadata is not whole');
    this.#at += 1;
    return byte;
  }

  #skip(bytes: number): void {
    if (bytes > this.#bytes.length - this.#at) throw new StructTooShort('its metadata is not whole');
    this.#at += bytes;
  }
}
