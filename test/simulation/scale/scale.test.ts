import { beforeAll, describe, expect, it } from 'vitest';
import { fewestTokens } from './limits.js';
import { passPlotName, plotsOf, ratePlotName, writeTables } from './page.js';
import { runScale, type ScaleReport } from './run-scale.js';

describe('the report on scale', () => {
  let report: ScaleReport;

  beforeAll(async () => {
    report = await runScale({
      workers: 4,
      jobs: 2,
      batchesPerJob: 8,
      itemsPerBatch: 2,
      msPerItem: 4_000,
      stormAtMs: 45_000,
    });
  });

  it('has a pool that survives the reclaim of all its instances, with every result right', () => {
    expect(report.problems).toEqual([]);
    expect(report.reclaimed).toBeGreaterThan(0);
    expect(report.instances).toBeGreaterThan(report.reclaimed);
  });

  it('counts the outcomes, each put once by a worker and looked at by the controller', () => {
    expect(report.counts.purposes['PUT results (worker)']).toBeGreaterThanOrEqual(16);
    expect(report.counts.purposes['HEAD results (controller)']).toBeGreaterThanOrEqual(16);
    expect(report.passes.reduce((total, { outcomesLookedAt }) => total + outcomesLookedAt, 0)).toBeGreaterThanOrEqual(
      16,
    );
  });

  it('puts its tables in the place of those that the page has', () => {
    const page = writeTables('before <!-- scale: begin -->old<!-- scale: end --> after', [report]);
    expect(page).toMatch(/^before <!-- scale: begin -->\n\n## 4 workers\n/);
    expect(page).toMatch(/per million items: S3 \$\d+\.\d\d, SQS \$\d+\.\d\d\.\n\n<!-- scale: end --> after$/);
    expect(page).not.toMatch(/old|NaN|undefined|Infinity/);
  });

  it('links the plots that it draws', () => {
    const plots = plotsOf(report);
    const page = writeTables('<!-- scale: begin --><!-- scale: end -->', [report]);
    expect([...plots.keys()]).toEqual([ratePlotName(report), passPlotName(report)]);
    for (const [name, svg] of plots) {
      expect(page).toContain(`](${name})`);
      expect(svg).toMatch(/^<svg [\s\S]*<polyline [\s\S]*<\/svg>\n$/);
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    }
  });

  it('says how few tokens a burst leaves in a bucket of EC2', () => {
    const limit = { kind: 'EC2 ModifyFleet', tokens: 50, refillPerSecond: 5 } as const;
    expect(fewestTokens([20, 20, 20], limit)).toBe(0);
    expect(fewestTokens([1, 0, 60], limit)).toBe(-10);
  });
});
