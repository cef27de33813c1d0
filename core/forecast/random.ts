/**
 * Seeded random numbers for forecasts. Each part of a simulated pool draws from a stream of its own, so that two policies meet the same work, arrivals
 * and reclaims, and a part that is left out does not change what the others draw.
 */

/** Returns a number in [0, 1). */
export type RandomSource = () => number;

const RANGE = 4_294_967_296;
const FNV_START = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** The first numbers of neighbouring seeds are alike, and are thrown away. */
const WARM_UP = 12;

/** Returns the stream of this name; it depends on the seed and the name alone. The generator is sfc32. */
export function randomStream(seed: number, name: string): RandomSource {
  let a = hashed(`${seed}/a/${name}`);
  let b = hashed(`${seed}/b/${name}`);
  let c = hashed(`${seed}/c/${name}`);
  let counter = 1;
  const next = (): number => {
    const drawn = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + drawn) | 0;
    return (drawn >>> 0) / RANGE;
  };
  for (let n = 0; n < WARM_UP; n += 1) next();
  return next;
}

function hashed(text: string): number {
  let hash = FNV_START;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  return hash | 0;
}

/** Returns a number of the standard normal distribution (Box and Muller's method). */
export const drawNormal = (random: RandomSource): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Above this mean, a Poisson number is so close to a normal one that the faster draw is taken. */
const LARGE_MEAN = 30;

export function drawPoisson(mean: number, random: RandomSource): number {
  if (mean > LARGE_MEAN) return Math.max(0, Math.round(mean + Math.sqrt(mean) * drawNormal(random)));
  const least = Math.exp(-mean);
  let drawn = 0;
  for (let product = random(); product > least; product *= random()) drawn += 1;
  return drawn;
}
