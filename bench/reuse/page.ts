/** Writes what docs/explanation/reuse.md shows of the simulation: its tables, and its plots as SVG files. */
import { type ReuseRow, studyReuse } from '../../core/forecast/reuse-study.js';
import { drawCurves } from './curves.js';

export const INPUTS: readonly number[] = [1, 10, 100, 1_000, 10_000];
export const PROVISIONING: readonly number[] = [1, 3, 10, 30, 100, 300, 1_000];
export const RUNS = { simulations: 300, seed: 1 } as const;

export type Saved = 'time' | 'cost';

export const studyAll = (inputs: readonly number[]): readonly ReuseRow[] =>
  inputs.flatMap((some) => PROVISIONING.map((maxProvisioning) => studyReuse({ inputs: some, maxProvisioning }, RUNS)));

const BEGIN = '<!-- reuse: begin -->';
const END = '<!-- reuse: end -->';

/** Puts the tables in the place of those that the page has. */
export function withTables(page: string, rows: readonly ReuseRow[]): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`The page has no ${BEGIN} and ${END}.`);
  return `${before}${BEGIN}\n\n${tableOf(rows, 'time')}\n\n${tableOf(rows, 'cost')}\n\n${END}${after}`;
}

const number = (value: number): string => value.toLocaleString('en-US');

/** A line for each number of inputs; a cell for each longest provisioning time. */
export function tableOf(rows: readonly ReuseRow[], saved: Saved): string {
  const inputs = [...new Set(rows.map((row) => row.inputs))];
  const cellsOf = (some: number): readonly string[] =>
    rows.filter((row) => row.inputs === some).map((row) => `${Math.round(row[saved] * 100)} %`);
  const lines = [
    [`${saved} saved`, ...PROVISIONING.map(number)],
    ['---', ...PROVISIONING.map(() => '---')],
    ...inputs.map((some) => [`${number(some)} input${some === 1 ? '' : 's'}`, ...cellsOf(some)]),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export const plotName = (saved: Saved): string => `reuse-${saved}.svg`;

export function plotOf(rows: readonly ReuseRow[], saved: Saved): string {
  const inputs = [...new Set(rows.map((row) => row.inputs))];
  return drawCurves({
    title: `${saved === 'time' ? 'Time' : 'Cost'} that reuse saves`,
    xName: 'longest provisioning, in units of one inference',
    curves: inputs.map((some) => ({
      name: `${number(some)} input${some === 1 ? '' : 's'}`,
      points: rows.filter((row) => row.inputs === some).map((row) => ({ x: row.maxProvisioning, share: row[saved] })),
    })),
  });
}
