/** `npm run house [-- <folder> …]`: prints the figures of this checkout, and of others (an older commit's worktree) beside it. */
import path from 'node:path';
import process from 'node:process';
import { figuresOf } from './figures.js';

const roots = [...process.argv.slice(2), '.'].map((folder) => path.resolve(folder));
const columns = roots.map((root) => figuresOf(root));
const names = [...new Set(columns.flatMap((figures) => Object.keys(figures)))];
const width = Math.max(...names.map(({ length }) => length));
for (const name of names) {
  const cells = columns.map((figures) => String(figures[name] ?? '').padStart(8));
  process.stdout.write(`${name.padEnd(width)}${cells.join('')}\n`);
}
