/**
 * `npm run simulate:scale`: runs pools of 1,000 and of 5,000 workers with 100,000 batches and prints what they ask of AWS. With `--write` the page
 * docs/explanation/scale.md and its plots are written. It exits with 1 when a result is wrong, or a pool does not come to rest.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { runScale } from './run-scale.js';
import { LARGE, QUICK } from './shapes.js';
import { KINDS } from './count.js';

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, workers: { type: 'string' } },
  });
  const shapes = values.quick ? QUICK : LARGE.filter(({ workers }) => values.workers === undefined || Number(values.workers) === workers);
  let failed = false;
  for (const shape of shapes) {
    const t = Date.now();
    const report = await runScale(shape);
    console.log(shape.workers, 'workers', Date.now() - t, 'ms', report.virtualMs / 1000, 's virtual', report.reclaimed, report.instances);
    for (const kind of KINDS) {
      const s = report.counts.perSecond.get(kind) ?? [];
      console.log(kind.padEnd(36), report.counts.totals.get(kind), Math.max(0, ...s));
    }
    console.log([...report.counts.purposes].sort((a, b) => b[1] - a[1]).slice(0, 40));
    console.log(report.counts.progress, report.counts.mostInFlight, report.passes.length, Math.max(...report.passes.map((p) => p.requests)), Math.max(...report.passes.map((p) => p.tookMs)));
    for (const problem of report.problems) console.log(problem);
    console.log(process.memoryUsage().rss / 1e6);
    failed ||= report.problems.length > 0;
  }
  return failed ? 1 : 0;
}
process.exitCode = await main();
