/**
 * Builds a worker without its memory budget, to show the budget's effect. It is built for the benchmark and never
 * shipped.
 */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const BUDGET = /(budgetBytes: )[^,]+,/;
const BANNER =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/** Returns the path of the program. */
export async function buildUnboundedWorker(directory: string): Promise<string> {
  mkdirSync(directory, { recursive: true });
  const outfile = path.join(directory, 'worker.mjs');
  let lifted = false;
  await build({
    entryPoints: [path.resolve('dist/worker/main.js')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: BANNER },
    logLevel: 'warning',
    plugins: [
      {
        name: 'no budget',
        setup: (plugin) => {
          plugin.onLoad({ filter: /memory-limits\.js$/ }, ({ path: file }) => {
            const text = readFileSync(file, 'utf8');
            lifted ||= BUDGET.test(text);
            return { contents: text.replace(BUDGET, '$1Number.MAX_SAFE_INTEGER,'), loader: 'js' };
          });
        },
      },
    ],
  });
  if (!lifted)
    throw new Error('worker/batch/memory-limits.ts no longer has budgetBytes. Update this file to lift the new bound.');
  copyFileSync('dist/bundle/host.mjs', path.join(directory, 'host.mjs'));
  return outfile;
}
