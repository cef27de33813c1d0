// Trains the hERG network of the molecules example and writes herg-weights.bin. The same rows always give the same bytes.
//
//   npm pack @datagrok/chem@1.17.15 && tar xzf datagrok-chem-1.17.15.tgz
//   node examples/molecules/train-herg.mjs package/files/demo_files/mmp_demo.csv
//
// Every molecule of the example's own data (DrugBank) is held out, so that the network has not seen what the example predicts.
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import initRDKitModule from '@rdkit/rdkit';
import { drugbankSmiles } from './drugbank.mjs';

const INPUTS = 2048;
const HIDDEN = 64;
const EPOCHS = 12;
const BATCH = 32;
const LEARNING_RATE = 0.001;
const WEIGHT_DECAY = 0.02;
const DROPOUT = 0.3;
const TEST_SHARE = 0.2;
/** A pIC50 of 5 (10 µM) is the usual limit between blockers and other molecules. */
const BLOCKER = 5;
const FINGERPRINT = JSON.stringify({ radius: 2, nBits: INPUTS });

const rdkit = await initRDKitModule();

/** Returns a small random generator with a fixed seed. https://en.wikipedia.org/wiki/Linear_congruential_generator */
function randomOf(seed) {
  let state = BigInt(seed);
  return () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number(state >> 40n) / 2 ** 24;
  };
}

/**
 * Returns the indices of the set bits, and a key that ignores stereochemistry, protonation and counter-ions. Returns undefined when RDKit cannot
 * read the molecule.
 */
function readMolecule(smiles) {
  const mol = rdkit.get_mol(smiles);
  if (mol === null) return undefined;
  try {
    const bytes = mol.get_morgan_fp_as_uint8array(FINGERPRINT);
    const bits = [];
    for (let bit = 0; bit < INPUTS; bit++) if (bytes[bit >> 3] & (1 << (bit & 7))) bits.push(bit);
    return { bits, key: keyOf(mol.get_smiles(JSON.stringify({ doIsomericSmiles: false }))) };
  } finally {
    mol.delete();
  }
}

function keyOf(flatSmiles) {
  const largest = flatSmiles.split('.').reduce((a, b) => (b.length > a.length ? b : a));
  const mol = rdkit.get_mol(largest);
  if (mol === null) return largest;
  try {
    // The first block of an InChIKey identifies the skeleton only.
    return rdkit.get_inchikey_for_inchi(mol.get_inchi()).slice(0, 14) || largest;
  } finally {
    mol.delete();
  }
}

function readRows(file) {
  const [header, ...lines] = readFileSync(file, 'utf8').trim().split(/\r?\n/);
  const columns = header.split(',');
  const smilesAt = columns.indexOf('smiles');
  const valueAt = columns.indexOf('hERG_pIC50');
  return lines
    .map((line) => line.split(','))
    .map((fields) => ({ smiles: fields[smilesAt], value: Number.parseFloat(fields[valueAt]) }))
    .filter(({ value }) => Number.isFinite(value))
    .map(({ smiles, value }) => ({ ...readMolecule(smiles), value }))
    .filter(({ bits }) => bits !== undefined);
}

function shuffled(rows, random) {
  const copy = [...rows];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
}

/** An array of parameters with its Adam moments. https://arxiv.org/abs/1412.6980, https://arxiv.org/abs/1711.05101 */
class Parameters {
  constructor(length, init) {
    this.values = Float32Array.from({ length }, init);
    this.gradient = new Float32Array(length);
    this.first = new Float32Array(length);
    this.second = new Float32Array(length);
  }

  step(time, scale) {
    const correct1 = 1 - 0.9 ** time;
    const correct2 = 1 - 0.999 ** time;
    for (let i = 0; i < this.values.length; i++) {
      const g = this.gradient[i] * scale;
      this.first[i] = 0.9 * this.first[i] + 0.1 * g;
      this.second[i] = 0.999 * this.second[i] + 0.001 * g * g;
      const move = this.first[i] / correct1 / (Math.sqrt(this.second[i] / correct2) + 1e-8);
      this.values[i] -= LEARNING_RATE * (move + WEIGHT_DECAY * this.values[i]);
    }
    this.gradient.fill(0);
  }
}

function train(rows) {
  const random = randomOf(2026);
  const spread = (width) => () => (random() * 2 - 1) * width;
  const mean = rows.reduce((sum, { value }) => sum + value, 0) / rows.length;
  const w1 = new Parameters(INPUTS * HIDDEN, spread(0.1));
  const b1 = new Parameters(HIDDEN, () => 0);
  const w2 = new Parameters(HIDDEN, spread(0.2));
  const b2 = new Parameters(1, () => 0);
  const hidden = new Float64Array(HIDDEN);
  let time = 0;
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const order = shuffled(rows, random);
    for (let at = 0; at < order.length; at += BATCH) {
      const batch = order.slice(at, at + BATCH);
      for (const { bits, value } of batch) {
        hidden.set(b1.values);
        for (const bit of bits) for (let h = 0; h < HIDDEN; h++) hidden[h] += w1.values[bit * HIDDEN + h];
        let predicted = b2.values[0];
        for (let h = 0; h < HIDDEN; h++) {
          hidden[h] = hidden[h] > 0 && random() >= DROPOUT ? hidden[h] / (1 - DROPOUT) : 0;
          predicted += hidden[h] * w2.values[h];
        }
        const error = predicted - (value - mean);
        b2.gradient[0] += error;
        for (let h = 0; h < HIDDEN; h++) {
          if (hidden[h] === 0) continue;
          w2.gradient[h] += error * hidden[h];
          const back = (error * w2.values[h]) / (1 - DROPOUT);
          b1.gradient[h] += back;
          for (const bit of bits) w1.gradient[bit * HIDDEN + h] += back;
        }
      }
      time += 1;
      for (const parameters of [w1, b1, w2, b2]) parameters.step(time, 1 / batch.length);
    }
  }
  return quantised(w1.values, b1.values, w2.values, b2.values[0] + mean);
}

/** Quantises the first layer to 8 bits, with one scale per hidden unit. The other layers are small and stay as they are. */
function quantised(w1, b1, w2, bias) {
  const scales = new Float32Array(HIDDEN);
  for (let i = 0; i < w1.length; i++) {
    scales[i % HIDDEN] = Math.max(scales[i % HIDDEN], Math.abs(w1[i]) / 127);
  }
  const weights = Int8Array.from(w1, (value, i) => Math.round(value / scales[i % HIDDEN]));
  return { weights, scales, b1, w2, bias: Math.fround(bias) };
}

function predict({ weights, scales, b1, w2, bias }, bits) {
  const sums = new Int32Array(HIDDEN);
  for (const bit of bits) for (let h = 0; h < HIDDEN; h++) sums[h] += weights[bit * HIDDEN + h];
  let output = bias;
  for (let h = 0; h < HIDDEN; h++) output += Math.max(0, sums[h] * scales[h] + b1[h]) * w2[h];
  return output;
}

/**
 * Encodes the network: little-endian float32 values (scales, hidden biases, output weights, output bias), then the int8 weights of the first layer,
 * ordered by input bit.
 */
function encode({ weights, scales, b1, w2, bias }) {
  const floats = Float32Array.from([...scales, ...b1, ...w2, bias]);
  return Buffer.concat([Buffer.from(floats.buffer), Buffer.from(weights.buffer)]);
}

function report(name, network, rows) {
  const pairs = rows.map(({ bits, value }) => ({ value, predicted: predict(network, bits) }));
  const mean = pairs.reduce((sum, { value }) => sum + value, 0) / pairs.length;
  const residual = pairs.reduce((sum, { value, predicted }) => sum + (value - predicted) ** 2, 0);
  const total = pairs.reduce((sum, { value }) => sum + (value - mean) ** 2, 0);
  const blockers = pairs.filter(({ value }) => value >= BLOCKER);
  const others = pairs.filter(({ value }) => value < BLOCKER);
  let wins = 0;
  for (const a of blockers)
    for (const b of others) wins += a.predicted > b.predicted ? 1 : a.predicted === b.predicted ? 0.5 : 0;
  const figures = {
    rows: rows.length,
    r2: 1 - residual / total,
    rmse: Math.sqrt(residual / rows.length),
    auc: wins / (blockers.length * others.length),
  };
  const text = Object.entries(figures).map(
    ([key, value]) => `${key} ${Number.isInteger(value) ? value : value.toFixed(2)}`,
  );
  process.stdout.write(`${name}: ${text.join(', ')}\n`);
}

const [, , file] = process.argv;
if (file === undefined) {
  process.stderr.write('Usage: node examples/molecules/train-herg.mjs <mmp_demo.csv>\n');
  process.exit(2);
}
const heldOut = new Set(drugbankSmiles().map((smiles) => readMolecule(smiles)?.key));
const rows = readRows(file);
const drugs = rows.filter(({ key }) => heldOut.has(key));
const others = shuffled(
  rows.filter(({ key }) => !heldOut.has(key)),
  randomOf(7),
);
const testRows = Math.round(others.length * TEST_SHARE);
report('random split, one fifth', train(others.slice(testRows)), others.slice(0, testRows));
const network = train(others);
report('DrugBank molecules, which were not trained on', network, drugs);
writeFileSync(new URL('herg-weights.bin', import.meta.url), encode(network));
process.stdout.write(`Trained on ${others.length} rows and wrote herg-weights.bin.\n`);
