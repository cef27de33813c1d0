/** `npm run simulate:faults -- --seeds 1-1000`: runs seeds and reports what happened. It exits with 1 when a seed fails. */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { simulate, type SimulationReport } from './simulate.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

interface Wanted {
  readonly from: number;
  readonly to: number;
  readonly endAtMs: number;
}

function wanted(): Wanted {
  const { values } = parseArgs({
    options: { seeds: { type: 'string', default: '1-100' }, minutes: { type: 'string' }, show: { type: 'string' } },
  });
  const [from, to = from] = (values.show ?? values.seeds).split('-').map(Number);
  if (from === undefined || to === undefined || !Number.isInteger(from) || !Number.isInteger(to))
    throw new Error(`--seeds takes one number or two with a dash, not ${values.seeds}`);
  const endAtMs =
    values.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + Number(values.minutes) * MINUTE_MS;
  return { from, to, endAtMs };
}

async function main(): Promise<number> {
  const { from, to, endAtMs } = wanted();
  const startMs = Date.now();
  const totals = new Map<string, number>();
  const failed: SimulationReport[] = [];
  let [seeds, virtualMs, steps] = [0, 0, 0];
  for (let seed = from; seed <= to && Date.now() < endAtMs; seed += 1) {
    const report = await simulate({ seed });
    seeds += 1;
    virtualMs += report.virtualMs;
    steps += report.steps;
    for (const [name, count] of report.counts) totals.set(name, (totals.get(name) ?? 0) + count);
    if (report.problems.length === 0) continue;
    failed.push(report);
    process.stdout.write(`${describeFailure(report)}\n`);
  }
  const seconds = (Date.now() - startMs) / 1000;
  const used = process.cpuUsage();
  const cpuMinutes = (used.user + used.system) / 60e6;
  process.stdout.write(
    `${seeds} seeds, ${(virtualMs / HOUR_MS).toFixed(1)} virtual hours, ${steps} events in ${seconds.toFixed(1)} s ` +
      `(${Math.round(seeds / cpuMinutes)} seeds a minute of processor time)\n` +
      `${[...totals]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, count]) => `${name} ${count}`)
        .join(', ')}\n` +
      `${failed.length === 0 ? 'No seed failed.' : `${failed.length} seeds failed: ${failed.map(({ seed }) => seed).join(', ')}`}\n`,
  );
  return failed.length === 0 ? 0 : 1;
}

function describeFailure({ seed, problems, faults }: SimulationReport): string {
  const lines = problems.map((problem) => `  ${problem}`);
  return [
    `Seed ${seed} failed (${faults.length} faults). Replay: npm run simulate:faults -- --show ${seed}`,
    ...lines,
  ].join('\n');
}

process.exitCode = await main();
