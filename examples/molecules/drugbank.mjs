// Writes the 7,236 drug structures of the package smiles-drawer (MIT; structures from DrugBank) to a text file, one SMILES string per line.
// Run: node examples/molecules/drugbank.mjs drugs.txt
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const QUOTED = /'((?:[^'\\]|\\.)*)'/g;

/** @returns {string[]} */
export function drugbankSmiles() {
  // The package does not export its examples, but they are in a folder beside its main file.
  const main = createRequire(import.meta.url).resolve('smiles-drawer');
  const source = readFileSync(path.join(path.dirname(main), '../example/drugbank.js'), 'utf8');
  // The file is an array literal. It is read as text, so none of its code runs.
  return [...source.matchAll(QUOTED)].map(([, literal]) => literal.replace(/\\(.)/g, '$1'));
}

/** @param {string} file */
export function writeDrugbank(file) {
  writeFileSync(file, `${drugbankSmiles().join('\n')}\n`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [, , file] = process.argv;
  if (file === undefined) {
    process.stderr.write('Usage: node examples/molecules/drugbank.mjs <file.txt>\n');
    process.exitCode = 2;
  } else {
    writeDrugbank(file);
  }
}
