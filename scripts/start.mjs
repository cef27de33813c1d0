// `npm start [-- <options of spotpool run>]`: the whole thing on this machine. Installs and builds what is missing, then runs the
// molecules example on a local cloud of its own: instances arrive one after another, two are taken away, nothing is lost.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare, root } from './install.mjs';

const market = ['--seed 7', '--arrive-over 6s', '--reclaim 5s', '--reclaim 8s:no-notice', '--notice 3s'];
// Short leases, as befits batches of a second: what a killed instance held is back after five.
// One slot each, for all of them share this machine.
const sizes = ['--max-workers 6', '--slots 1', '--concurrency 1', '--batch-size 64', '--lease-seconds 5'];

prepare();
const example = path.join(root, 'examples/molecules');
const workDirectory = path.join(root, '.spotpool');
mkdirSync(workDirectory, { recursive: true });
// The user's own local cloud may be up: this one is not for the demonstration. A state of its own each time, so that none is found.
const state = mkdtempSync(path.join(workDirectory, 'state-'));
const dataset = path.join(workDirectory, 'drugs.txt');
const results = path.join(workDirectory, 'herg.jsonl');
const report = path.join(workDirectory, 'herg.html');

const { writeDrugbank } = await import(pathToFileURL(path.join(example, 'drugbank.mjs')).href);
writeDrugbank(dataset);

const extra = process.argv.slice(2);
const args = ['run', path.relative(root, dataset), '--model', 'examples/molecules/model.ts', '--local'];
// This file is the demonstration's own, whoever left it there; another --out is the user's.
const otherOut = extra.some((option) => option.startsWith('--out'));
args.push(
  ...(otherOut ? [] : ['--out', path.relative(root, results), '--report', path.relative(root, report), '--force']),
);
args.push(...[...market, ...sizes].flatMap((option) => option.split(' ')));
const code = await run([path.join(root, 'dist/bundle/spotpool.mjs'), ...args, ...extra]);
// A program that reads the JSON wants nothing else; another --out, dataset or model is the user's own business.
const ours = !otherOut && !extra.some((option) => ['--json', '--help', '-h'].includes(option));
if (code === 0 && ours) {
  const { printTopBlockers } = await import(pathToFileURL(path.join(example, 'top-blockers.mjs')).href);
  await printTopBlockers(results);
  const opener = { darwin: 'open', win32: 'start' }[process.platform] ?? 'xdg-open';
  process.stdout.write(
    `\nA report shows what happened. Open it in a browser:\n  ${opener} ${path.relative(process.cwd(), report)}\n`,
  );
}
// It holds something only when the results could not be written: then the local cloud is kept, and its state is how it is found.
if (readdirSync(state).length === 0) rmSync(state, { recursive: true });
process.exit(code);

/** Resolves with the exit code. The child cleans up after an interruption; one that reaches it twice counts once. */
function run(argv) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, argv, { cwd: root, stdio: 'inherit', env: cleanEnvironment() });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('exit', (exitCode, signal) => resolve(exitCode ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}

/** A demonstration needs no account and no stack: nothing of one may matter to it. */
function cleanEnvironment() {
  const others = Object.entries(process.env).filter(([name]) => !/^(AWS|SPOTPOOL)_/i.test(name));
  return { ...Object.fromEntries(others), SPOTPOOL_HOME: state };
}
