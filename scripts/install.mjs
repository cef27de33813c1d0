// The setup step of `npm start` and `npm test`: installs what the lock file says and builds dist/, each only when needed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const sources = [
  'core',
  'aws',
  'runner',
  'worker',
  'infra',
  'local',
  'emulator',
  'scripts/build.mjs',
  'package-lock.json',
];
// The last that a build writes: a build that broke off lacks one of them.
const products = [
  'dist/bundle/spotpool.mjs',
  'dist/bundle/worker.mjs',
  'dist/bundle/host.mjs',
  'dist/bundle/last-words.mjs',
  'dist/page/app.js',
];

/** Progress goes to stderr: standard output belongs to what is started. */
export function prepare() {
  install();
  if (!isBuilt()) {
    say('Building …');
    run(process.execPath, [path.join(root, 'scripts/build.mjs')]);
  }
}

export function install() {
  const major = Number(process.versions.node.split('.')[0]);
  const minor = Number(process.versions.node.split('.')[1]);
  if (major < 20 || (major === 20 && minor < 19)) {
    fail(`spotpool needs Node 20.19 or newer; this is ${process.versions.node}. See https://nodejs.org`);
  }
  if (!isInstalled()) {
    say('Installing about 280 packages (npm ci). This takes a minute or more …');
    run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error']);
  }
}

/** npm leaves what it installed in node_modules/.package-lock.json, and writes it last. */
function isInstalled() {
  const installedFile = path.join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = packagesOf(path.join(root, 'package-lock.json'));
  const installed = packagesOf(installedFile);
  return Object.entries(wanted).every(([where, entry]) => {
    if (where === '') return true;
    if (installed[where] === undefined) return entry.optional === true; // built for another platform
    return installed[where].version === entry.version;
  });
}

const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages ?? {};

function isBuilt() {
  const built = products.map((file) => path.join(root, file));
  if (!built.every((file) => existsSync(file))) return false;
  const builtMs = Math.min(...built.map((file) => statSync(file).mtimeMs));
  return sources.every((source) => newestMs(path.join(root, source)) <= builtMs);
}

function newestMs(file) {
  if (!existsSync(file)) return 0;
  const stat = statSync(file);
  // A directory's own time counts too: that is how a deleted source shows.
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(file).map((name) => newestMs(path.join(file, name))));
}

function run(command, args) {
  // The output of the step is of interest only when it fails, and must not mix with the output of what is started.
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' });
  if (done.error) fail(`${command} could not be started: ${done.error.message}`);
  if (done.status !== 0) fail(`${done.stdout}${done.stderr}\n${command} ${args.join(' ')} failed.`);
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
