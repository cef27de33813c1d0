/**
 * `npm run simulate:faults -- --seeds 1-1000` runs seeds and reports what happened. It exits with 1 when a seed fails, and with 2 when it is called wrongly.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import type { Observer } from './calls.js';
import { isScenario, SCENARIOS } from './scenarios.js';
import { shrink } from './shrink.js';
import { simulate, type SimulationOptions, type SimulationReport } from './simulate.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;
/** Shrinking every failing seed of a bad change would take hours. */
const SHRUNK_BY_ITSELF = 3;

const USAGE = `Usage: npm run simulate:faults -- [options]
  --seeds FROM-TO    run these seeds (default 1-100)
  --minutes N        begin no seed after so many minutes
  --show SEED        run one seed and print its faults, its problems and its workers' events
  --faults N,N,…     with --show: let only these faults happen
  --shrink SEED      find a short list of faults with which the seed still fails
  --scenario NAME    run one scenario (test/simulation/scenarios.ts)
`;

const print = (text: string): boolean => process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { seeds: text, minutes: text, show: text, faults: text, shrink: text, scenario: text },
  });
  const { seeds = '1-100', minutes, show, faults, shrink: toShrink, scenario } = values;
  if (scenario !== undefined) {
    if (!isScenario(scenario))
      throw new TypeError(`There is no scenario ${scenario}. There are: ${Object.keys(SCENARIOS).join('; ')}`);
    return showSeed({ seed: 1, ...SCENARIOS[scenario] });
  }
  if (show !== undefined) {
    const chosen = faults === undefined ? {} : { faults: faults === '' ? [] : faults.split(',').map(whole) };
    return showSeed({ seed: whole(show), ...chosen });
  }
  if (toShrink !== undefined) return printShrunk(whole(toShrink));
  const [from, to = from] = seeds.split('-').map(whole);
  const endAtMs = minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + whole(minutes) * MINUTE_MS;
  return runSeeds(from ?? 1, to ?? 1, endAtMs);
}

function whole(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new TypeError(`${JSON.stringify(value)} is not a whole number.`);
  return Number(value);
}

async function runSeeds(from: number, to: number, endAtMs: number): Promise<number> {
  const startMs = Date.now();
  const totals = new Map<string, number>();
  const failed: number[] = [];
  let [seeds, virtualMs, steps] = [0, 0, 0];
  for (let seed = from; seed <= to && Date.now() < endAtMs; seed += 1) {
    const report = await simulate({ seed });
    seeds += 1;
    virtualMs += report.virtualMs;
    steps += report.steps;
    for (const [name, count] of report.counts) totals.set(name, (totals.get(name) ?? 0) + count);
    if (report.problems.length === 0) continue;
    failed.push(seed);
    print(describe(report));
    print(`  Replay it: npm run simulate:faults -- --show ${seed}`);
    if (failed.length <= SHRUNK_BY_ITSELF) await printShrunk(seed);
  }
  const seconds = ((Date.now() - startMs) / SECOND_MS).toFixed(1);
  const used = process.cpuUsage();
  const perMinute = Math.round((seeds * MINUTE_MS * 1000) / (used.user + used.system));
  print(
    `${seeds} seeds, ${(virtualMs / HOUR_MS).toFixed(1)} virtual hours and ${steps} events in ${seconds} s: ${perMinute} seeds a minute and core.`,
  );
  print(
    [...totals]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `${name} ${count}`)
      .join(', '),
  );
  print(failed.length === 0 ? 'No seed failed.' : `${failed.length} seeds failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

const describe = ({ seed, problems, faults }: SimulationReport): string =>
  [`Seed ${seed} failed (${faults.length} faults):`, ...problems.map((problem) => `  ${problem}`)].join('\n');

async function printShrunk(seed: number): Promise<number> {
  const shrunk = await shrink({ seed });
  if (shrunk === undefined) {
    print(`Seed ${seed} does not fail.`);
    return 0;
  }
  const { options, report, runs } = shrunk;
  const { faults = [], settings = {} } = options;
  print(
    `  Shrunk in ${runs} runs to ${faults.length} faults: ${report.faults.map(({ number, kind }) => `${number} ${kind}`).join(', ')}`,
  );
  print(
    `  A case for test/simulation/kept.ts: { seed: ${seed}, faults: [${faults.join(', ')}], settings: ${JSON.stringify(settings)} }`,
  );
  for (const problem of report.problems) print(`    ${problem}`);
  return 1;
}

async function showSeed(options: SimulationOptions): Promise<number> {
  const shown: Observer = {
    onFault: (name, world) => print(`${seconds(world.elapsedMs)} fault ${name}`),
    onWorkerEvent: ({ name }, { code, message }, world) =>
      print(`${seconds(world.elapsedMs)} ${name} ${code}: ${message}`),
    onCall: (call, world) => {
      if (call.operation === 'ec2.set-target')
        print(
          `${seconds(world.elapsedMs)} ${call.process.name} sets the target from ${call.before} to ${call.target}: ${call.result}`,
        );
    },
  };
  const report = await simulate({ ...options, observers: [shown] });
  if (report.problems.length > 0) print(describe(report));
  else print(`Seed ${options.seed} does not fail.`);
  return report.problems.length > 0 ? 1 : 0;
}

const seconds = (ms: number): string => (ms / SECOND_MS).toFixed(3).padStart(10);

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  process.stderr.write(`${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
