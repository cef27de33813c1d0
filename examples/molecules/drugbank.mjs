// The 7,236 drug structures that come inside the package smiles-drawer (MIT; structures from DrugBank), as plain text, one SMILES a line.
// Run: node examples/molecules/drugbank.mjs drugs.txt
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const QUOTED = /'((?:[^'\\]|\\.)*)'/g;

/** @returns {string[]} */
export function drugbankSmiles() {
  // The package hides its examples from `import`, but they lie beside its main file.
  const main = createRequire(import.meta.url).resolve('smiles-drawer');
  const source = readFileSync(path.join(path.dirname(main), '../example/drugbank.js'), 'utf8');
  // An array literal, read as text: nothing of it is run.
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
