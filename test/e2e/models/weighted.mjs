// It answers each item with what its weights say.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

let factor;
let readOnly = false;

export async function load({ weights }) {
  if (weights !== process.env.SPOTPOOL_WEIGHTS) throw new Error('The context and the environment differ.');
  factor = JSON.parse(await readFile(path.join(weights, 'net', 'factor.json'), 'utf8'));
  const { size } = await readFile(path.join(weights, 'large.bin')).then(({ length }) => ({ size: length }));
  if (size !== 40_000_000) throw new Error(`large.bin has ${size} bytes.`);
  readOnly =
    process.getuid?.() === 0 ||
    (await writeFile(path.join(weights, 'large.bin'), '').then(
      () => false,
      () => true,
    ));
}

export const predict = (items) => items.map((item) => (readOnly ? item * factor : 'the weights can be written to'));
