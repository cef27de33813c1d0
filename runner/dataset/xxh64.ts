/**
 * The checksum XXH64 with the seed 0, of which Zstandard stores the low 32 bits. 64-bit numbers are pairs of 32-bit ones, because BigInt is ten times slower.
 * https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */

/** The low and the high half of a number. */
type Word = [low: number, high: number];

const P1: Word = [0x85ebca87 | 0, 0x9e3779b1 | 0];
const P2: Word = [0x27d4eb4f | 0, 0xc2b2ae3d | 0];
const P3: Word = [0x9e3779f9 | 0, 0x165667b1 | 0];
const P4: Word = [0xc2b2ae63 | 0, 0x85ebca77 | 0];
const P5: Word = [0x165667c5 | 0, 0x27d4eb2f | 0];

const STRIPE_BYTES = 32;

export class Xxh64 {
  readonly #lanes: readonly [Word, Word, Word, Word] = [add([...P1], P2), [...P2], [0, 0], negative(P1)];
  readonly #rest = Buffer.alloc(STRIPE_BYTES);
  #restBytes = 0;
  #length = 0;

  update(bytes: Buffer): void {
    this.#length += bytes.length;
    let at = 0;
    if (this.#restBytes > 0) {
      at = bytes.copy(this.#rest, this.#restBytes, 0, STRIPE_BYTES - this.#restBytes);
      this.#restBytes += at;
      if (this.#restBytes < STRIPE_BYTES) return;
      this.#stripe(this.#rest, 0);
    }
    for (; at + STRIPE_BYTES <= bytes.length; at += STRIPE_BYTES) this.#stripe(bytes, at);
    this.#restBytes = bytes.copy(this.#rest, 0, at);
  }

  low32(): number {
    const [a, b, c, d] = this.#lanes;
    let hash: Word = [...P5];
    if (this.#length >= STRIPE_BYTES) {
      hash = add(add(add(rotated(a, 1), rotated(b, 7)), rotated(c, 12)), rotated(d, 18));
      for (const lane of this.#lanes) hash = add(multiply(xor(hash, round([0, 0], lane)), P1), P4);
    }
    hash = add(hash, [this.#length | 0, Math.floor(this.#length / 2 ** 32) | 0]);
    return avalanche(this.#tail(hash))[0] >>> 0;
  }

  /** Mixes in the bytes behind the last whole stripe. */
  #tail(start: Word): Word {
    let hash = start;
    let at = 0;
    for (; at + 8 <= this.#restBytes; at += 8) {
      const word: Word = [this.#rest.readInt32LE(at), this.#rest.readInt32LE(at + 4)];
      hash = add(multiply(rotated(xor(hash, round([0, 0], word)), 27), P1), P4);
    }
    if (at + 4 <= this.#restBytes) {
      const word = multiply([this.#rest.readInt32LE(at), 0], P1);
      hash = add(multiply(rotated(xor(hash, word), 23), P2), P3);
      at += 4;
    }
    for (; at < this.#restBytes; at++) {
      hash = multiply(rotated(xor(hash, multiply([this.#rest.readUInt8(at), 0], P5)), 11), P1);
    }
    return hash;
  }

  #stripe(bytes: Buffer, at: number): void {
    let from = at;
    for (const lane of this.#lanes) {
      mix(lane, int32(bytes, from), int32(bytes, from + 4));
      from += 8;
    }
  }
}

const int32 = (bytes: Buffer, at: number): number =>
  (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);

/** The round of the specification, in place and without new objects: lane = rotate(lane + word * P2, 31) * P1. */
function mix(lane: Word, low: number, high: number): void {
  const productLow = Math.imul(low, P2[0]);
  const productHigh = (highProduct(low, P2[0]) + Math.imul(low, P2[1]) + Math.imul(high, P2[0])) | 0;
  const sumLow = (lane[0] + productLow) | 0;
  const carry = sumLow >>> 0 < productLow >>> 0 ? 1 : 0;
  const sumHigh = (lane[1] + productHigh + carry) | 0;
  const turnedLow = (sumLow << 31) | (sumHigh >>> 1);
  const turnedHigh = (sumHigh << 31) | (sumLow >>> 1);
  lane[0] = Math.imul(turnedLow, P1[0]);
  lane[1] = (highProduct(turnedLow, P1[0]) + Math.imul(turnedLow, P1[1]) + Math.imul(turnedHigh, P1[0])) | 0;
}

/** The high half of the product of two unsigned 32-bit numbers. */
function highProduct(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const other = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + Math.floor(middle / 0x1_0000) + Math.floor(other / 0x1_0000)) | 0;
}

const add = ([a, b]: Word, [c, d]: Word): Word => {
  const low = (a + c) | 0;
  return [low, (b + d + (low >>> 0 < c >>> 0 ? 1 : 0)) | 0];
};
const negative = ([low, high]: Word): Word => add([~low, ~high], [1, 0]);
const xor = ([a, b]: Word, [c, d]: Word): Word => [a ^ c, b ^ d];
const multiply = ([a, b]: Word, [c, d]: Word): Word => [
  Math.imul(a, c),
  (highProduct(a, c) + Math.imul(a, d) + Math.imul(b, c)) | 0,
];

/** Rotates to the left by fewer than 32 bits. */
const rotated = ([low, high]: Word, bits: number): Word => [
  (low << bits) | (high >>> (32 - bits)),
  (high << bits) | (low >>> (32 - bits)),
];

function round(start: Word, [low, high]: Word): Word {
  const lane: Word = [...start];
  mix(lane, low, high);
  return lane;
}

const shifted = ([low, high]: Word, bits: number): Word =>
  bits === 32 ? [high, 0] : [(low >>> bits) | (high << (32 - bits)), high >>> bits];

function avalanche(start: Word): Word {
  let hash = xor(start, rightBy33(start));
  hash = multiply(hash, P2);
  hash = xor(hash, shifted(hash, 29));
  hash = multiply(hash, P3);
  return xor(hash, shifted(hash, 32));
}

const rightBy33 = ([, high]: Word): Word => [high >>> 1, 0];
