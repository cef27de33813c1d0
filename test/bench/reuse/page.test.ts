import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { INPUTS, plotName, plotOf, studyAll, tableOf, withTables } from '../../../bench/reuse/page.js';
import { projectRoot } from '../../support/cli.js';

/** The largest number of inputs is left out, because it takes most of the time. */
const rows = studyAll(INPUTS.filter((inputs) => inputs <= 1_000));

const explanation = (name: string): string => readFileSync(path.join(projectRoot, 'docs/explanation', name), 'utf8');

/** The cells of each row of a table in Markdown, whatever the padding. */
const cellsOf = (markdown: string): readonly string[] =>
  markdown
    .split('\n')
    .filter((line) => /^\| [\d,]+ inputs? /.test(line))
    .map((line) => line.replaceAll(/\s+/g, ' '));

describe('the page about reuse', () => {
  it('has the tables that the simulation gives today', () => {
    const shown = cellsOf(explanation('reuse.md'));
    const simulated = [...cellsOf(tableOf(rows, 'time')), ...cellsOf(tableOf(rows, 'cost'))];
    expect(shown.filter((line) => !line.startsWith('| 10,000'))).toEqual(simulated);
    expect(shown).toHaveLength(2 * INPUTS.length);
  });

  it('has both plots, with a curve for each number of inputs', () => {
    const page = explanation('reuse.md');
    for (const saved of ['time', 'cost'] as const) {
      expect(page).toContain(`](${plotName(saved)})`);
      const svg = explanation(plotName(saved));
      expect(svg.match(/<polyline /g)).toHaveLength(INPUTS.length);
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
      for (const line of plotOf(rows, saved).match(/<polyline [^>]*>/g) ?? []) expect(line).toMatch(/points="60\.0,/);
    }
  });

  it('refuses a page without a place for the tables', () => {
    expect(() => withTables('no place', rows)).toThrow('The page has no <!-- reuse: begin -->');
  });
});
