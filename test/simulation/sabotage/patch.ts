/** Applies a sabotage while esbuild reads the product's files. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Plugin } from 'esbuild';
import type { Sabotage } from './sabotages.js';

/** Throws unless the text that is looked for is there exactly once. */
export function patched(source: string, { file, find, name, replace }: Sabotage): string {
  const parts = source.split(find);
  if (parts.length !== 2) {
    throw new Error(`The sabotage ${name} finds its text ${parts.length - 1} times in ${file}, and must find it once.`);
  }
  return parts.join(replace);
}

export const sabotagePlugin = (root: string, sabotage: Sabotage): Plugin => ({
  name: 'sabotage',
  setup: (builder) => {
    builder.onLoad({ filter: /\.ts$/ }, async ({ path: file }) => {
      if (path.relative(root, file) !== sabotage.file) return undefined;
      return { contents: patched(await readFile(file, 'utf8'), sabotage), loader: 'ts' };
    });
  },
});
