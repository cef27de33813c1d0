/**
 * `npm run simulate:scale` runs pools of 1,000 and 5,000 workers and prints what they ask of AWS. It exits with 1 when a result is wrong, or when a pool does not
 * come to rest. The runs take long, so each leaves its report in dist/, from which the page can be written again.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { plotsOf, writeTables } from './page.js';
import { runScale, type ScaleReport, type ScaleShape } from './run-scale.js';
import { LARGE, QUICK } from './shapes.js';

const USAGE = `Usage: npm run simulate:scale -- [options]
  --quick        run one small pool, which takes seconds
  --workers N    run only the pool of so many workers
  --last         run nothing, and take the reports of the last runs
  --write        write docs/explanation/scale.md and its plots
`;
/** The command runs in the project's root (scripts/simulation.mjs). */
const DOCS = 'docs/explanation';
const REPORTS = 'dist/bench/simulation';
const SECOND_MS = 1_000;
const TOLD_EVERY_MS = 30_000;

interface Options {
  readonly quick: boolean;
  readonly last: boolean;
  readonly write: boolean;
  readonly workers: number | undefined;
}

function readOptions(): Options {
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({ options: { quick: flag, last: flag, write: flag, workers: { type: 'string' } } });
  const workers = values.workers === undefined ? undefined : Number(values.workers);
  if (values.write && (values.quick || workers !== undefined)) {
    throw new TypeError('The page is about all large pools: use --write without --quick and --workers.');
  }
  return { ...values, workers };
}

async function main({ quick, last, write, workers }: Options): Promise<number> {
  const shapes = (quick ? QUICK : LARGE).filter((shape) => workers === undefined || shape.workers === workers);
  if (shapes.length === 0) throw new TypeError(`There is no pool of ${workers} workers.`);
  const reports: ScaleReport[] = [];
  for (const shape of shapes) {
    const report = last ? await readReport(shape) : await runAndKeep(shape);
    if (report === undefined) process.stdout.write(`There is no report of ${shape.workers} workers yet.\n`);
    else reports.push(report);
  }
  process.stdout.write(`${writeTables('<!-- scale: begin --><!-- scale: end -->', reports)}\n`);
  if (write) await writePage(reports);
  const problems = reports.flatMap((report) => report.problems);
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  return problems.length === 0 ? 0 : 1;
}

const reportFile = ({ workers }: ScaleShape): string => path.join(REPORTS, `scale-${workers}.json`);

const secondsSince = (ms: number): number => Math.round((Date.now() - ms) / SECOND_MS);

async function runAndKeep(shape: ScaleShape): Promise<ScaleReport> {
  const startMs = Date.now();
  let toldMs = startMs;
  const report = await runScale(shape, ({ atMs }) => {
    if (Date.now() - toldMs < TOLD_EVERY_MS) return;
    toldMs = Date.now();
    const virtual = Math.round(atMs / SECOND_MS);
    process.stderr.write(
      `${shape.workers} workers: ${virtual} virtual seconds in ${secondsSince(startMs)} real ones\n`,
    );
  });
  process.stdout.write(`${shape.workers} workers took ${secondsSince(startMs)} s of real time.\n`);
  await mkdir(REPORTS, { recursive: true });
  await writeFile(reportFile(shape), JSON.stringify(report));
  return report;
}

/** A report of another shape would be given out for this one. */
async function readReport(shape: ScaleShape): Promise<ScaleReport | undefined> {
  if (!existsSync(reportFile(shape))) return undefined;
  const report = JSON.parse(await readFile(reportFile(shape), 'utf8')) as ScaleReport;
  if (JSON.stringify(report.shape) === JSON.stringify(shape)) return report;
  throw new TypeError(`The last report of ${shape.workers} workers is of another pool. Run it again without --last.`);
}

async function writePage(reports: readonly ScaleReport[]): Promise<void> {
  const page = path.join(DOCS, 'scale.md');
  await writeFile(page, writeTables(await readFile(page, 'utf8'), reports));
  for (const report of reports) {
    for (const [name, svg] of plotsOf(report)) await writeFile(path.join(DOCS, name), svg);
  }
}

try {
  process.exitCode = await main(readOptions());
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  process.stderr.write(`${error.message}\n${USAGE}`);
  process.exitCode = 2;
}
