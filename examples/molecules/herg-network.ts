/** Loads and evaluates the trained network: 2,048 fingerprint bits → 64 hidden units → one number. train-herg.mjs writes its file. */
import { readFile } from 'node:fs/promises';

export const INPUTS = 2048;
const HIDDEN = 64;
/** The file begins with the scales, the hidden biases and the output weights of all hidden units, then the output bias. */
const FLOATS = 3 * HIDDEN + 1;

export class HergNetwork {
  readonly #scales: Float32Array;
  readonly #biases: Float32Array;
  readonly #outputWeights: Float32Array;
  readonly #outputBias: number;
  readonly #weights: Int8Array;
  readonly #sums = new Int32Array(HIDDEN);

  static async load(file: string): Promise<HergNetwork> {
    const bytes = await readFile(file);
    const expected = FLOATS * 4 + INPUTS * HIDDEN;
    if (bytes.length !== expected)
      throw new Error(`${file} has ${bytes.length} bytes; a network of this shape has ${expected}.`);
    return new HergNetwork(bytes);
  }

  private constructor(bytes: Buffer) {
    const floats = Float32Array.from({ length: FLOATS }, (_, i) => bytes.readFloatLE(i * 4));
    this.#scales = floats.subarray(0, HIDDEN);
    this.#biases = floats.subarray(HIDDEN, 2 * HIDDEN);
    this.#outputWeights = floats.subarray(2 * HIDDEN, 3 * HIDDEN);
    this.#outputBias = floats.at(-1) ?? 0;
    this.#weights = Int8Array.from(bytes.subarray(FLOATS * 4));
  }

  /** The fingerprint has one bit per input; the lowest bit of a byte comes first. */
  predict(fingerprint: Uint8Array): number {
    this.#sums.fill(0);
    for (let bit = 0; bit < INPUTS; bit++) {
      if (((fingerprint[bit >> 3] ?? 0) & (1 << (bit & 7))) === 0) continue;
      for (let h = 0; h < HIDDEN; h++) this.#sums[h] = at(this.#sums, h) + at(this.#weights, bit * HIDDEN + h);
    }
    let output = this.#outputBias;
    for (let h = 0; h < HIDDEN; h++) {
      output += Math.max(0, at(this.#sums, h) * at(this.#scales, h) + at(this.#biases, h)) * at(this.#outputWeights, h);
    }
    return output;
  }
}

const at = (values: Float32Array | Int32Array | Int8Array, i: number): number => values[i] ?? 0;
