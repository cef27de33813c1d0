/** All randomness of the local cloud comes from one seed, in one stream per purpose. */

/** Returns a number in [0, 1). */
export type Random = () => number;

/** Streams are independent: one more draw in one stream changes no other stream. */
export function seededRandom(seed: number, stream: string): Random {
  let state = hash32(`${stream}#${seed}`);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    return scramble(state) / 2 ** 32;
  };
}

/** Returns a number in [0, 1) that depends only on the seed and the text, not on the order of calls. */
export const seededFraction = (seed: number, text: string): number => scramble(hash32(`${text}#${seed}`)) / 2 ** 32;

function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash | 0;
}

function scramble(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
