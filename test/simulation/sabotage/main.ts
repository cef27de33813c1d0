/**
 * `npm run simulate:sabotage`: applies each sabotage alone and runs seeds until a check finds it. With `--write` the table goes to docs/reports/simulation.md.
 * It exits with 1 when fewer than 28 of 30 are found.
 */
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { definedFields } from '../../../core/defined-fields.js';
import { mapBounded } from '../../../core/map-bounded.js';
import { sabotagePlugin } from './patch.js';
import { type Found, writeTable } from './table.js';
import { SABOTAGES, type Sabotage } from './sabotages.js';

/** The command runs in the project's root (scripts/simulation.mjs). */
const root = process.cwd();
const REPORT = 'docs/reports/simulation.md';
/** A seed that takes longer than this in real time hangs: a sabotage may make the pool spin. */
const SEED_TIMEOUT_MS = 120_000;
const LEAST_FOUND_SHARE = 28 / 30;

interface SeedResult {
  readonly seed: number;
  readonly hits: number;
  readonly problem?: string;
}

async function bundle(sabotage: Sabotage | undefined): Promise<string> {
  const outfile = path.join(root, 'dist/bench/simulation', `sabotage-${sabotage?.name ?? 'none'}.mjs`);
  await build({
    entryPoints: [path.join(root, 'test/simulation/sabotage/child.ts')],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    plugins: sabotage === undefined ? [] : [sabotagePlugin(root, sabotage)],
  });
  return outfile;
}

/** Runs seeds one after another until `onSeed` returns false. A seed that hangs ends them, with a problem that says so. */
async function runSeeds(
  program: string,
  { from, to, scenario = '' }: { readonly from: number; readonly to: number; readonly scenario?: string },
  onSeed: (result: SeedResult) => Promise<boolean>,
): Promise<void> {
  const child = spawn(process.execPath, [program, String(from), String(to), scenario], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let next = from;
  let hangs = false;
  const restart = (): NodeJS.Timeout =>
    setTimeout(() => {
      hangs = true;
      child.kill('SIGKILL');
    }, SEED_TIMEOUT_MS);
  let timer = restart();
  for await (const line of createInterface({ input: child.stdout })) {
    clearTimeout(timer);
    const result = JSON.parse(line) as SeedResult;
    next = result.seed + 1;
    if (!(await onSeed(result))) break;
    timer = restart();
  }
  clearTimeout(timer);
  child.kill('SIGKILL');
  await exited;
  if (hangs) await onSeed({ seed: next, hits: 1, problem: `The seed did not end within ${SEED_TIMEOUT_MS / 1000} s.` });
}

/** Whether the seed has no problem without any sabotage. */
function soundSeeds(program: string): (seed: number, scenario?: string) => Promise<boolean> {
  const known = new Map<string, boolean>();
  return async (seed, scenario = '') => {
    const name = `${seed} ${scenario}`;
    if (!known.has(name)) {
      await runSeeds(program, { from: seed, to: seed, scenario }, ({ problem }) => {
        known.set(name, problem === undefined);
        return Promise.resolve(false);
      });
    }
    return known.get(name) === true;
  };
}

async function find(sabotage: Sabotage, most: number, isSound: ReturnType<typeof soundSeeds>): Promise<Found> {
  const { scenario } = sabotage;
  const seeds = { from: 1, to: scenario === undefined ? most : 1, ...definedFields({ scenario }) };
  let found: Found = { sabotage, reachedAt: undefined, seed: undefined, problem: undefined, seeds: 0 };
  await runSeeds(await bundle(sabotage), seeds, async ({ seed, hits, problem }) => {
    found = { ...found, seeds: seed, reachedAt: found.reachedAt ?? (hits > 0 ? seed : undefined) };
    if (problem === undefined || !(await isSound(seed, scenario))) return true;
    found = { ...found, seed, problem };
    return false;
  });
  return found;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      'at-once': { type: 'string', default: '1' },
      seeds: { type: 'string', default: '1000' },
      write: { type: 'boolean', default: false },
    },
  });
  const only = values.only?.split(',');
  const chosen = SABOTAGES.filter(({ name }) => only?.includes(name) ?? true);
  const isSound = soundSeeds(await bundle(undefined));
  const most = Number(values.seeds);
  const results = await mapBounded(chosen, Number(values['at-once']), async (sabotage) => {
    const found = await find(sabotage, most, isSound);
    const how = found.seed === undefined ? `NOT FOUND in ${found.seeds} seeds` : `seed ${found.seed}: ${found.problem}`;
    process.stdout.write(`${sabotage.rule} ${sabotage.name} (reached at ${found.reachedAt ?? 'no seed'}): ${how}\n`);
    return found;
  });
  const count = results.filter(({ seed }) => seed !== undefined).length;
  process.stdout.write(`${count} of ${results.length} sabotages were found.\n`);
  if (values.write) {
    const file = path.join(root, REPORT);
    await writeFile(file, writeTable(await readFile(file, 'utf8'), results, most));
  }
  return count >= results.length * LEAST_FOUND_SHARE ? 0 : 1;
}

process.exitCode = await main();
