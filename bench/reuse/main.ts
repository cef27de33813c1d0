/** `npm run simulate:reuse` writes the tables and the plots of docs/explanation/reuse.md. The command runs in the project's root. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import * as prettier from 'prettier';
import { INPUTS, plotName, plotOf, studyAll, withTables } from './page.js';

const DOCS = 'docs/explanation';
const PAGE = path.join(DOCS, 'reuse.md');

const began = Date.now();
const rows = studyAll(INPUTS);
process.stdout.write(`${rows.length} points of 300 simulations took ${((Date.now() - began) / 1_000).toFixed(1)} s.\n`);
const options = await prettier.resolveConfig(PAGE);
const page = withTables(await readFile(PAGE, 'utf8'), rows);
await writeFile(PAGE, await prettier.format(page, { ...options, filepath: PAGE }));
for (const saved of ['time', 'cost'] as const) await writeFile(path.join(DOCS, plotName(saved)), plotOf(rows, saved));
process.stdout.write(`${PAGE} and its plots are written.\n`);
