/**
 * Chooses an exact uniform sample of a stream whose length nobody knows, in one pass (Vitter's algorithm R). The same seed and the same number of items choose
 * the same ones, on every machine: only whole numbers are computed with.
 */

export class Reservoir {
  readonly #items: number;
  readonly #random: () => number;
  #seen = 0;

  constructor(items: number, seed: number) {
    this.#items = items;
    this.#random = seededRandom(seed);
  }

  /** Returns the place in the sample that the next item takes, from whatever item had it. Undefined when the item is not chosen. */
  next(): number | undefined {
    const seen = this.#seen;
    this.#seen += 1;
    if (seen < this.#items) return seen;
    const place = Math.floor(this.#random() * (seen + 1));
    return place < this.#items ? place : undefined;
  }
}

/** The seed of a sample that has none of its own, so that a submit that goes on takes the same items. It is the hash FNV-1a of the job's id. */
export function seedOfJob(job: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < job.length; i++) hash = Math.imul(hash ^ job.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

const TWO_TO_32 = 2 ** 32;
const LOW_BITS = 21;
/** The first numbers depend on few bits of the seed. */
const WARM_UP = 16;

/** The generator sfc32 gives 32 bits a step. Two steps make a number in [0, 1) with 53 bits. https://pracrand.sourceforge.net/RNG_engines.txt */
function seededRandom(seed: number): () => number {
  let [a, b, c, counter] = [seed | 0, Math.floor(seed / TWO_TO_32) | 0, 0x9e3779b9 | 0, 1];
  const step = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let n = 0; n < WARM_UP; n++) step();
  return () => (step() * 2 ** LOW_BITS + (step() >>> (32 - LOW_BITS))) / 2 ** 53;
}
