// Trains a decision tree on a built-in table: regression by variance (CART) on features in 32 bins. Each tree uses
// a sample of rows with repetition, and two features for each split, as forests do. An item is the tree's seed.
// Each process builds the same table; the value is the sum of the leaves.
const ROWS = Number(process.env.BENCH_ROWS ?? 614_400);
const FEATURES = 6;
const BINS = 32;
const LOOKED_AT = 2;
const DEPTH = 5;

const now = () => performance.timeOrigin + performance.now();
const features = Array.from({ length: FEATURES }, () => new Uint8Array(ROWS));
const target = new Float64Array(ROWS);

/** Returns numbers in [0, 2^32), the same for the same seed (xorshift). */
function numbers(seed) {
  let state = (seed * 2_654_435_761 + 1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return state;
  };
}

export function load() {
  const next = numbers(1);
  for (let row = 0; row < ROWS; row += 1) {
    for (const feature of features) feature[row] = next() % BINS;
    const noise = (next() % 1_000) / 1_000;
    target[row] = features[0][row] * features[1][row] + (features[2][row] > 15 ? 100 : 0) + noise;
  }
}

export function predict(seeds) {
  return seeds.map((seed) => {
    const startMs = now();
    return { value: train(seed), startMs, endMs: now(), pid: process.pid };
  });
}

function train(seed) {
  const next = numbers(seed + 2);
  const rows = new Uint32Array(ROWS);
  for (let n = 0; n < ROWS; n += 1) rows[n] = next() % ROWS;
  return grow(rows, 0, next);
}

/** Returns the sum of the leaves' means. */
function grow(rows, depth, next) {
  const best = depth < DEPTH ? bestSplit(rows, next) : undefined;
  if (best === undefined) return meanOf(rows);
  const values = features[best.feature];
  const left = new Uint32Array(best.left);
  const right = new Uint32Array(rows.length - best.left);
  let atLeft = 0;
  let atRight = 0;
  for (const row of rows) {
    if (values[row] <= best.bin) left[atLeft++] = row;
    else right[atRight++] = row;
  }
  return grow(left, depth + 1, next) + grow(right, depth + 1, next);
}

function meanOf(rows) {
  let sum = 0;
  for (const row of rows) sum += target[row];
  return rows.length === 0 ? 0 : sum / rows.length;
}

function bestSplit(rows, next) {
  let best;
  let bestScore = 0;
  for (let looked = 0; looked < LOOKED_AT; looked += 1) {
    const feature = next() % FEATURES;
    const values = features[feature];
    const counts = new Float64Array(BINS);
    const sums = new Float64Array(BINS);
    for (const row of rows) {
      counts[values[row]] += 1;
      sums[values[row]] += target[row];
    }
    const total = sums.reduce((sum, value) => sum + value, 0);
    let count = 0;
    let sum = 0;
    for (let bin = 0; bin < BINS - 1; bin += 1) {
      count += counts[bin];
      sum += sums[bin];
      const others = rows.length - count;
      if (count === 0 || others === 0) continue;
      const score = (sum * sum) / count + ((total - sum) * (total - sum)) / others;
      if (score <= bestScore) continue;
      bestScore = score;
      best = { feature, bin, left: count };
    }
  }
  return best;
}
