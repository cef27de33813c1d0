/** Seeded random numbers. Every part of a simulation has a stream of its own, so that leaving one part out does not change what the others draw. */

const FNV_PRIME = 0x01000193;
const FNV_START = 0x811c9dc5;
const INCREMENT = 0x6d2b79f5;
const RANGE = 4_294_967_296;

export class Random {
  readonly #seed: number;
  #state: number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.#state = Math.imul(seed ^ 0x9e3779b9, 2_654_435_761) >>> 0;
  }

  /** Returns the stream of this name, which depends on the seed and the name alone. */
  fork(name: string): Random {
    let hash = FNV_START ^ this.#seed;
    for (let at = 0; at < name.length; at += 1) hash = Math.imul(hash ^ name.charCodeAt(at), FNV_PRIME);
    return new Random(hash);
  }

  /** Returns a number in [0, 1) (mulberry32). It is bound, so that it can be passed as a function. */
  readonly next = (): number => {
    this.#state = (this.#state + INCREMENT) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / RANGE;
  };

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Returns a whole number from `least` to `most`, both included. */
  int(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  between(least: number, most: number): number {
    return least + this.next() * (most - least);
  }

  pick<T>(from: readonly [T, ...T[]]): T;
  pick<T>(from: readonly T[]): T | undefined;
  pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.next() * from.length)];
  }
}
