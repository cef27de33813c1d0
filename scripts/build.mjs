// Builds dist/: plain JavaScript and types by tsc, then what instances run as single files, so that a worker starts fast.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

if (!existsSync('node_modules/typescript')) process.exit(0); // installed as a dependency: dist/ came with the package

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');
const compiled = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

const esbuild = await import('esbuild');
const bundled = new Set();
// The SDK's CommonJS parts call require; an ES module bundle has none unless it is made.
const banner = {
  js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
};
for (const [entry, outfile] of [
  ['dist/worker/main.js', 'dist/bundle/worker.mjs'],
  ['dist/worker/host/main.js', 'dist/bundle/host.mjs'],
  // It runs after the end of a worker.
  ['dist/worker/last-words.js', 'dist/bundle/last-words.mjs'],
  // In a directory of its own: the whole of it is what Lambda gets.
  ['dist/runner/lambda.js', 'dist/bundle/controller/index.mjs'],
  // A command starts four times faster from one file: most of the SDK's is never read.
  ['dist/runner/main.js', 'dist/bundle/spotpool.mjs'],
]) {
  if (!existsSync(entry)) continue;
  const { metafile } = await esbuild.build({
    metafile: true,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner,
    // It brings a binary of its own; only the command line asks for it, to compile models.
    external: ['esbuild'],
    logLevel: 'warning',
  });
  noteBundled(metafile);
}
// The page of a job: the command line puts the two texts into each page that it makes.
const page = await esbuild.build({
  metafile: true,
  entryPoints: { app: 'runner/page/app/main.tsx', style: 'runner/page/app/page.css' },
  outdir: 'dist/page',
  bundle: true,
  minify: true,
  platform: 'browser',
  format: 'iife',
  target: ['chrome111', 'firefox113', 'safari16.4'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  logLevel: 'warning',
});
noteBundled(page.metafile);

function noteBundled(metafile) {
  for (const input of Object.keys(metafile.inputs)) {
    const folder = /^(?:.*node_modules\/)(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
    if (folder !== undefined) bundled.add(folder);
  }
}
// Read by scripts/notices.mjs.
writeFileSync('dist/bundle/packages.json', JSON.stringify([...bundled].sort(), undefined, 2));
// `submit` uploads this bundle, and instances fetch it. It is packed here and not there, so that all who install a release have the same bytes, whatever their zlib.
const { writeBundle } = await import('../dist/runner/model/bundle.js');
const packed = (name, file) => ({
  kind: 'file',
  path: name,
  executable: false,
  content: { file, bytes: statSync(file).size },
});
// Beside these, python/ has the client for people's own programs, which instances do not need.
const pythonFiles = [
  ...readdirSync('python/spotpool_host').map((name) => `python/spotpool_host/${name}`),
  'python/spotpool_model.py',
]
  .filter((name) => name.endsWith('.py'))
  .sort();
const files = [
  ...['worker.mjs', 'host.mjs', 'last-words.mjs'].map((name) => packed(name, `dist/bundle/${name}`)),
  ...pythonFiles.map((name) => packed(name, name)),
];
const SMALLEST = 9;
await writeBundle(files, 'dist/bundle/worker.tar.gz', new AbortController().signal, SMALLEST);
if (existsSync('dist/bundle/spotpool.mjs')) chmodSync('dist/bundle/spotpool.mjs', 0o755);
