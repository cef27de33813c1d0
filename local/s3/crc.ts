/**
 * Computes the CRCs that Node lacks, over slices of eight bytes, and joins the CRCs of parts into that of the
 * whole. Both CRCs are reflected, start from all ones and are inverted at the end. CRC-64/NVME:
 * https://reveng.sourceforge.io/crc-catalogue/all.htm
 */
const CRC32_POLYNOMIAL = 0xedb88320n;
const CRC32C_POLYNOMIAL = 0x82f63b78n;
const CRC64NVME_POLYNOMIAL = 0x9a6c9329ac4bc9b5n;

const SLICE_BYTES = 8;

/**
 * `high[slice][byte]` and `low[slice][byte]` hold the CRC of the byte followed by `slice` zero bytes, in two
 * halves.
 */
interface Tables {
  readonly high: readonly Uint32Array[];
  readonly low: readonly Uint32Array[];
}

function makeTables(polynomial: bigint): Tables {
  const high = Array.from({ length: SLICE_BYTES }, () => new Uint32Array(256));
  const low = Array.from({ length: SLICE_BYTES }, () => new Uint32Array(256));
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte);
    for (let slice = 0; slice < SLICE_BYTES; slice++) {
      for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
      (high[slice] as Uint32Array)[byte] = Number(crc >> 32n);
      (low[slice] as Uint32Array)[byte] = Number(crc & 0xffffffffn);
    }
  }
  return { high, low };
}

/** A table takes 16 KiB and is built on first use: most clients never need it. */
const tablesOf = new Map<bigint, Tables>();
function tables(polynomial: bigint): Tables {
  const known = tablesOf.get(polynomial) ?? makeTables(polynomial);
  tablesOf.set(polynomial, known);
  return known;
}

class SlicedCrc {
  readonly #tables: Tables;
  #high: number;
  #low = 0xffffffff;

  constructor(
    polynomial: bigint,
    readonly bytes: 4 | 8,
  ) {
    this.#tables = tables(polynomial);
    this.#high = bytes === 8 ? 0xffffffff : 0;
  }

  update(data: Uint8Array): void {
    const [h0, h1, h2, h3, h4, h5, h6, h7] = this.#tables.high as Eight;
    const [l0, l1, l2, l3, l4, l5, l6, l7] = this.#tables.low as Eight;
    let high = this.#high;
    let low = this.#low;
    let at = 0;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const lastSlice = data.length - SLICE_BYTES;
    for (; at <= lastSlice; at += SLICE_BYTES) {
      const a = low ^ view.getUint32(at, true);
      const b = high ^ view.getUint32(at + 4, true);
      const [a0, a1, a2, a3] = [a & 255, (a >>> 8) & 255, (a >>> 16) & 255, a >>> 24];
      const [b0, b1, b2, b3] = [b & 255, (b >>> 8) & 255, (b >>> 16) & 255, b >>> 24];
      high =
        at8(h7, a0) ^ at8(h6, a1) ^ at8(h5, a2) ^ at8(h4, a3) ^ at8(h3, b0) ^ at8(h2, b1) ^ at8(h1, b2) ^ at8(h0, b3);
      low =
        at8(l7, a0) ^ at8(l6, a1) ^ at8(l5, a2) ^ at8(l4, a3) ^ at8(l3, b0) ^ at8(l2, b1) ^ at8(l1, b2) ^ at8(l0, b3);
    }
    for (; at < data.length; at++) {
      const byte = (low ^ (data[at] as number)) & 255;
      low = ((low >>> 8) | (high << 24)) ^ at8(l0, byte);
      high = (high >>> 8) ^ at8(h0, byte);
    }
    this.#high = high;
    this.#low = low;
  }

  digest(): Buffer {
    const digest = Buffer.alloc(this.bytes);
    digest.writeUInt32BE(~this.#low >>> 0, this.bytes - 4);
    if (this.bytes === 8) digest.writeUInt32BE(~this.#high >>> 0, 0);
    return digest;
  }
}

type Eight = readonly [
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
];

const at8 = (table: Uint32Array, index: number): number => table[index] as number;

export const createCrc32c = (): SlicedCrc => new SlicedCrc(CRC32C_POLYNOMIAL, 4);
export const createCrc64nvme = (): SlicedCrc => new SlicedCrc(CRC64NVME_POLYNOMIAL, 8);

const POLYNOMIALS = { CRC32: CRC32_POLYNOMIAL, CRC32C: CRC32C_POLYNOMIAL, CRC64NVME: CRC64NVME_POLYNOMIAL } as const;

/** Returns the CRC of the concatenated parts: crc(A‖B) = crc(A)·x^(8·|B|) + crc(B). */
export function joinCrcs(
  algorithm: keyof typeof POLYNOMIALS,
  parts: readonly { readonly digest: Buffer; readonly size: number }[],
): Buffer {
  const polynomial = POLYNOMIALS[algorithm];
  const width = algorithm === 'CRC64NVME' ? 64n : 32n;
  let crc = 0n;
  let shift = { size: -1, factor: 0n };
  for (const part of parts) {
    // Parts nearly always have the same size, so the power is computed once.
    if (part.size !== shift.size)
      shift = { size: part.size, factor: powerOfX(BigInt(part.size) * 8n, polynomial, width) };
    crc = multiply(crc, shift.factor, polynomial, width) ^ BigInt(`0x${part.digest.toString('hex')}`);
  }
  return Buffer.from(crc.toString(16).padStart(Number(width / 4n), '0'), 'hex');
}

/** Multiplies two reflected polynomials modulo a third. */
function multiply(left: bigint, right: bigint, polynomial: bigint, width: bigint): bigint {
  let product = 0n;
  let shifted = right;
  for (let bit = 1n << (width - 1n); bit > 0n; bit >>= 1n) {
    if (left & bit) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ polynomial : shifted >> 1n;
  }
  return product;
}

function powerOfX(exponent: bigint, polynomial: bigint, width: bigint): bigint {
  let power = 1n << (width - 1n); // x^0, reflected
  let square = 1n << (width - 2n); // x^1
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) power = multiply(power, square, polynomial, width);
    square = multiply(square, square, polynomial, width);
  }
  return power;
}
