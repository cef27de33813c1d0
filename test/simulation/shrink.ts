/**
 * Makes a failing seed's history short: it leaves out faults and calms settings as long as the same seed still fails. Every fault has its own stream, so
 * that those that stay are the same ones.
 */
import type { Settings } from './settings.js';
import { simulate, type SimulationOptions, type SimulationReport } from './simulate.js';

/** Settings without their noise, each tried by itself. */
const CALMER: readonly Partial<Settings>[] = [
  { lossShare: 0 },
  { duplicateShare: 0 },
  { sendLostShare: 0 },
  { sendTwiceShare: 0 },
  { describeLagMs: 0 },
  { countsLagMs: 0 },
  { isFleetSlow: false },
  { skewsMs: [0] },
  { maxWorkers: 1 },
];

export interface Shrunk {
  readonly options: SimulationOptions;
  readonly report: SimulationReport;
  readonly runs: number;
}

/** `mostRuns` bounds the time that it takes. Returns undefined when the seed does not fail. */
export async function shrink(failing: SimulationOptions, mostRuns = 200): Promise<Shrunk | undefined> {
  let runs = 0;
  const tryOut = async (options: SimulationOptions): Promise<Shrunk | undefined> => {
    if (runs >= mostRuns) return undefined;
    runs += 1;
    const report = await simulate(options);
    return report.problems.length === 0 ? undefined : { options, report, runs };
  };
  const first = await tryOut(failing);
  if (first === undefined) return undefined;
  const start = { ...failing, faults: first.report.faults.map(({ number }) => number) };
  let best: Shrunk = { ...first, options: start };
  for (const calmer of CALMER) {
    const { options } = best;
    best = (await tryOut({ ...options, settings: { ...options.settings, ...calmer } })) ?? best;
  }
  best = await withoutFaults(best, tryOut);
  return { ...best, runs };
}

/** Leaves out half of the faults, then quarters, and so on, down to single ones (ddmin). */
async function withoutFaults(
  from: Shrunk,
  tryOut: (options: SimulationOptions) => Promise<Shrunk | undefined>,
): Promise<Shrunk> {
  let best = from;
  for (let pieces = 2; ;) {
    const { faults = [] } = best.options;
    if (faults.length === 0) return best;
    const size = Math.ceil(faults.length / pieces);
    let found: Shrunk | undefined;
    for (let start = 0; start < faults.length && found === undefined; start += size) {
      found = await tryOut({ ...best.options, faults: [...faults.slice(0, start), ...faults.slice(start + size)] });
    }
    if (found !== undefined) best = found;
    else if (size === 1) return best;
    pieces = found === undefined ? Math.min(faults.length, pieces * 2) : Math.max(2, pieces - 1);
  }
}
