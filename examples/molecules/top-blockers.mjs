// Prints the ten molecules of a results file that are most likely to block the hERG channel, as a table.
// Run: node examples/molecules/top-blockers.mjs results.jsonl
import { createReadStream } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const SHOWN = 10;
const SMILES_COLUMNS = 72;

/** @param {string} file a file of result lines */
export async function topBlockers(file) {
  let best = [];
  let ranked = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const result = JSON.parse(line);
    if (!result.ok) continue;
    ranked += 1;
    best.push({ index: result.index, ...result.output });
    // The list stays short however long the file is.
    if (best.length > 1_000) best = highest(best);
  }
  return { ranked, best: highest(best) };
}

// Among equal values the first in the dataset wins, so that the table is always the same.
const highest = (found) => found.sort((a, b) => b.herg - a.herg || a.index - b.index).slice(0, SHOWN);

/** @param {string} file a file of result lines */
export async function printTopBlockers(file) {
  const { ranked, best } = await topBlockers(file);
  const lines = [
    `The ${best.length} of ${ranked.toLocaleString('en-US')} drugs most likely to block hERG (predicted pIC50; 5 or more is a likely blocker):`,
    '',
    '  rank  pIC50  weight  molecule (SMILES)',
    ...best.map(({ herg, molecularWeight, smiles }, place) =>
      [
        String(place + 1).padStart(6),
        herg.toFixed(2).padStart(5),
        molecularWeight.toFixed(1).padStart(6),
        smiles.length > SMILES_COLUMNS ? `${smiles.slice(0, SMILES_COLUMNS - 1)}…` : smiles,
      ].join('  '),
    ),
    '',
    'This is a demonstration, not a medical statement.',
    'examples/molecules/README.md says how good the model is.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [, , file] = process.argv;
  if (file === undefined) {
    process.stderr.write('Usage: node examples/molecules/top-blockers.mjs <results.jsonl>\n');
    process.exitCode = 2;
  } else {
    await printTopBlockers(file);
  }
}
