// `npm run build:wheel [-- --no-build-isolation]`: builds the wheel of the Python package into dist/wheel/. The wheel brings the command line with all
// that it starts, so that `pip install` is enough. Options go to pip. PYTHON names the interpreter.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { prepare, root } from './install.mjs';

prepare();
const wheels = path.join(root, 'dist/wheel');
const stage = path.join(wheels, 'stage');
const runtime = path.join(stage, 'spotpool/_runtime');
rmSync(wheels, { recursive: true, force: true });
mkdirSync(runtime, { recursive: true });

const copy = (from, to) =>
  cpSync(path.join(root, from), to, { recursive: true, filter: (name) => !/__pycache__/.test(name) });
for (const name of ['pyproject.toml', 'README.md', 'spotpool']) copy(`python/${name}`, path.join(stage, name));
// The layout is that of the npm package, in which the command line looks for what it starts (runner/local-cloud/paths.ts).
for (const name of [
  ...['spotpool.mjs', 'worker.mjs', 'host.mjs', 'last-words.mjs', 'worker.tar.gz'].map((file) => `dist/bundle/${file}`),
  ...['app.js', 'style.css'].map((file) => `dist/page/${file}`),
  ...['spotpool_host', 'spotpool_model.py'].map((name) => `python/${name}`),
  ...['LICENSE', 'THIRD-PARTY-NOTICES'],
]) {
  copy(name, path.join(runtime, name));
}
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
writeFileSync(
  path.join(runtime, 'package.json'),
  JSON.stringify({ name: 'spotpool', version, private: true, type: 'module' }),
);

// A build has the local cloud as many files, which import a package. Here each of its programs is one file.
for (const [entry, ...places] of [
  ['main.js', 'main.js'],
  // The local cloud starts the watchdog from its own folder, and an emulator's host starts it from the build's.
  ['instances/watchdog-main.js', 'watchdog-main.js', 'instances/watchdog-main.js'],
]) {
  for (const place of places) {
    await esbuild.build({
      entryPoints: [path.join(root, 'dist/local', entry)],
      outfile: path.join(runtime, 'dist/local', place),
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'warning',
    });
  }
}

// esbuild has a program for each platform, so it stays outside of a wheel for all of them. The command line reports this as a model that cannot be compiled.
const compiler = path.join(runtime, 'node_modules/esbuild');
mkdirSync(compiler, { recursive: true });
writeFileSync(
  path.join(compiler, 'package.json'),
  JSON.stringify({ name: 'esbuild', type: 'module', exports: './index.js' }),
);
const refusal = JSON.stringify(
  'The Python package brings no compiler for modules. A folder with JavaScript is shipped as it is, and for TypeScript there is the npm package.\n',
);
writeFileSync(
  path.join(compiler, 'index.js'),
  `const text = ${refusal};
export const build = async () => { throw Object.assign(new Error(text), { errors: [{ text }] }); };
export const formatMessages = async (messages) => messages.map((message) => message.text);
`,
);

// A staged file that does not load would make a wheel of which no command works, so the command line is started once before it is packed.
const started = spawnSync(process.execPath, [path.join(runtime, 'dist/bundle/spotpool.mjs'), '--version'], {
  encoding: 'utf8',
});
if (started.status !== 0 || started.stdout.trim() !== version) {
  process.stderr.write(`The wheel was not built: its command line does not start.\n${started.stderr}`);
  process.exit(1);
}

// The same sources give the same bytes: the times in the wheel are the first that its format can express.
const env = { SOURCE_DATE_EPOCH: '315532800', ...process.env };
const python = process.env.PYTHON || 'python3';
const words = ['-m', 'pip', 'wheel', '--quiet', '--no-deps', '--wheel-dir', wheels, ...process.argv.slice(2), stage];
const built = spawnSync(python, words, { stdio: ['ignore', 'inherit', 'inherit'], env });
rmSync(stage, { recursive: true });
if (built.status !== 0) {
  process.stderr.write(`The wheel was not built: ${built.error?.message ?? `${python} -m pip wheel has failed.`}\n`);
  process.exit(1);
}
for (const name of readdirSync(wheels)) {
  const megabytes = (statSync(path.join(wheels, name)).size / 1e6).toFixed(1);
  process.stdout.write(`dist/wheel/${name} is built (${megabytes} MB).\n`);
}
