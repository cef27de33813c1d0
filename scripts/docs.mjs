// `npm run docs`: writes the pages of docs/reference that are generated. docs/reference/generated.json names each page and the function that makes
// its text. The functions are TypeScript, which Node 20 does not read, so they are bundled first.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import * as prettier from 'prettier';
import { root } from './install.mjs';

const pages = JSON.parse(readFileSync(path.join(root, 'docs/reference/generated.json'), 'utf8'));
const bundles = path.join(root, 'dist/docs');
for (const [page, { module, function: name }] of Object.entries(pages)) {
  const outfile = path.join(bundles, `${path.parse(page).name}.mjs`);
  await esbuild.build({
    entryPoints: [path.join(root, module)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
  const { [name]: makePage } = await import(pathToFileURL(outfile).href);
  const file = path.join(root, page);
  const text = await makePage();
  const { inferredParser } = await prettier.getFileInfo(file);
  // Prettier has no parser for Python.
  const options = { ...(await prettier.resolveConfig(file)), filepath: file };
  writeFileSync(file, inferredParser === null ? text : await prettier.format(text, options));
  process.stdout.write(`${page} is written.\n`);
}
rmSync(bundles, { recursive: true });
